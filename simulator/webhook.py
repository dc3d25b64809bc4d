"""The other way to hear of updates: Telegram posts each to the bot's address until it answers 200.

Nothing runs by itself here either. A test posts what waits with `deliver()`; the demo and load tests run
`deliver_forever()` in a task of their own.
"""

import asyncio

import httpx

from simulator.polling import hand_out
from simulator.telegram import Bot, Telegram, Update, Webhook

GENTLE_WAIT = 1.0  # seconds before a refused update is posted again


async def deliver(telegram: Telegram, bot: Bot, client: httpx.AsyncClient, at_most: int = 100) -> int:
    """Posts the waiting updates in order and returns how many were accepted. The first that is not accepted stays, and
    those after it wait: the next call begins with it."""
    accepted = 0
    for update in hand_out(telegram, bot, at_most):
        if bot.webhook is None or not await _accepted(telegram, bot.webhook, update, client):
            break
        _confirm(bot, update)
        accepted += 1
    return accepted


def _confirm(bot: Bot, update: Update) -> None:
    """Takes it out of the queue. A repeated one, or one that a test's reset has emptied away, is there no more."""
    for entry in bot.updates:
        if entry[1] is update:
            bot.updates.remove(entry)
            bot.handed_out.append(update)
            return


async def _accepted(telegram: Telegram, webhook: Webhook, update: Update, client: httpx.AsyncClient) -> bool:
    secret = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret_token} if webhook.secret_token else {}
    try:
        response = await client.post(webhook.url, json=update, headers=secret, timeout=60)
    except httpx.HTTPError as error:
        problem = "Connection timed out" if isinstance(error, httpx.TimeoutException) else "Connection refused"
    else:
        if response.is_success:
            return True
        problem = f"Wrong response from the webhook: {response.status_code} {response.reason_phrase}"
    webhook.last_error_date, webhook.last_error_message = telegram.timestamp(), problem
    return False


async def deliver_forever(telegram: Telegram, bot: Bot, client: httpx.AsyncClient, wait: float = GENTLE_WAIT) -> None:
    """Posts updates as they come, until cancelled; after a failure it waits a little."""
    while True:
        waiting = len(telegram.waiting_updates(bot))
        if not bot.webhook or not waiting:
            await bot.bell.wait()
        elif await deliver(telegram, bot, client) < min(waiting, 100):
            await asyncio.sleep(wait)
