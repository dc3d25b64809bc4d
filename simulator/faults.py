"""Misfortunes on order: what the network, Telegram or a person may do to a program at the worst moment.

    telegram.faults.next("sendMessage", too_many_requests(3))            the next call only
    telegram.faults.next("sendMessage", cut_after(), times=2, chat_id=7)  two calls that write to chat 7
    telegram.faults.when(lambda method, params: "№" in params.get("text", ""), server_error())

Each is used up in the order it was ordered; `*` means every method.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.refusal import RefusedCall
from simulator.refusal import too_many_requests as _too_many_requests

Predicate = Callable[[str, dict[str, Any]], bool]


@dataclass(frozen=True)
class Fault:
    """What happens to one call. `effect` says whether Telegram carries the call out nevertheless."""

    name: str
    effect: bool = False
    refusal: RefusedCall | None = None
    body: tuple[int, bytes, str] | None = None  # status, content, its type: instead of JSON
    cut: bool = False  # the connection ends without an answer
    delay: float = 0.0  # real seconds, before the effect, or before the answer when `effect` is set


def refuse(code: int, description: str, **parameters: int) -> Fault:
    """Any refusal: the description is given whole, as `Bad Request: chat not found`."""
    return Fault(f"refuse {code}", refusal=RefusedCall(code, description, **parameters))


def too_many_requests(retry_after: int) -> Fault:
    return Fault("too many requests", refusal=_too_many_requests(retry_after))


def blocked_by_user() -> Fault:
    return refuse(403, "Forbidden: bot was blocked by the user")


def server_error(code: int = 502, description: str = "Bad Gateway") -> Fault:
    return refuse(code, description)


def garbage(status: int = 200, body: bytes = b"<html><body>Under maintenance</body></html>") -> Fault:
    """A page of HTML where JSON is expected, as a proxy on the way may answer."""
    return Fault("garbage", body=(status, body, "text/html"))


def cut_before() -> Fault:
    """The connection breaks before the call has had its effect. The caller cannot tell it from `cut_after`."""
    return Fault("cut before", cut=True)


def cut_after() -> Fault:
    """The call is carried out, and the answer is lost on the way."""
    return Fault("cut after", effect=True, cut=True)


def hang(seconds: float) -> Fault:
    """Nothing for so long, then the call is carried out as usual."""
    return Fault("hang", delay=seconds)


def answer_late(seconds: float) -> Fault:
    """Carried out at once, answered so much later: a caller with less patience does not learn it."""
    return Fault("answer late", effect=True, delay=seconds)


@dataclass
class _Order:
    fault: Fault
    matches: Predicate
    left: int | None  # None: for ever


@dataclass
class Faults:
    """The orders that have not been used up, and the record of those that struck."""

    orders: list[_Order] = field(default_factory=list)
    struck: list[tuple[str, str]] = field(default_factory=list)  # method, name of the fault
    updates_again: list[int] = field(default_factory=list)
    reorder: Callable[[list[dict[str, Any]]], Iterable[dict[str, Any]]] | None = None
    wake_polls: Callable[[], None] = lambda: None

    def next(self, method: str, *faults: Fault, times: int = 1, chat_id: int | None = None) -> None:
        """The next `times` calls of the method (in that chat) meet this fault; of several, each its own."""
        for fault in faults:
            self.orders.append(_Order(fault, _matching(method, chat_id), times))

    def always(self, method: str, fault: Fault, chat_id: int | None = None) -> None:
        """Every call of the method (in that chat), until `clear()`."""
        self.orders.append(_Order(fault, _matching(method, chat_id), None))

    def when(self, predicate: Predicate, fault: Fault, times: int | None = 1) -> None:
        """The next `times` calls for which `predicate(method, params)` holds; `times=None` for all of them."""
        self.orders.append(_Order(fault, predicate, times))

    def hand_out_again(self, *update_ids: int) -> None:
        """The next getUpdates (or the webhook) repeats these updates although they were confirmed."""
        self.updates_again += update_ids
        self.wake_polls()

    def shuffle_updates(self, order: Callable[[list[dict[str, Any]]], Iterable[dict[str, Any]]] = reversed) -> None:
        """The next answer of getUpdates that holds any updates lists them in another order."""
        self.reorder = order

    def clear(self) -> None:
        self.orders.clear()
        self.updates_again.clear()
        self.reorder = None

    def take(self, method: str, params: dict[str, Any]) -> Fault | None:
        """The fault this call meets, used up."""
        for order in self.orders:
            if order.matches(method, params):
                if order.left is not None:
                    order.left -= 1
                self.orders = [order for order in self.orders if order.left != 0]
                self.struck.append((method, order.fault.name))
                return order.fault
        return None


def _matching(wanted: str, chat_id: int | None) -> Predicate:
    def matches(method: str, params: dict[str, Any]) -> bool:
        return wanted in ("*", method) and (chat_id is None or str(params.get("chat_id")) == str(chat_id))

    return matches
