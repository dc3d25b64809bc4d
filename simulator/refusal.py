"""How Telegram says no: an error code and a sentence, both of which programs read."""


class RefusedCall(Exception):
    """A call of the Bot API that was not carried out, with the code and the description the real server gives."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> dict[str, object]:
        """The JSON object that the caller receives."""
        answer: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            answer["parameters"] = dict(self.parameters)
        return answer


def bad_request(text: str) -> RefusedCall:
    return RefusedCall(400, f"Bad Request: {text}")


def forbidden(text: str) -> RefusedCall:
    return RefusedCall(403, f"Forbidden: {text}")


def conflict(text: str) -> RefusedCall:
    return RefusedCall(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> RefusedCall:
    return RefusedCall(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
