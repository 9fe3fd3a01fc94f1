"""What partners got from us, as seen at their end: webhooks with their signatures, mails."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from cli.demo.caller import Caller
from cli.demo.story import Subscriber

Call = dict[str, Any]


async def webhooks(partner: Caller, subscriber: Subscriber) -> list[Call]:
    """Calls to the subscriber's hook, the oldest first."""
    calls: list[Call] = await partner.get(f"/hooks/{subscriber.hook}/calls")
    return calls


async def mails(mailbox: Caller, address: str) -> list[dict[str, Any]]:
    """The newest first."""
    messages: list[dict[str, Any]] = await mailbox.get("/messages", to=address, limit=200)
    return messages


def in_turn(ids: Iterable[str]) -> list[str]:
    """One after the other. What comes again at once counts as one: the note that it had been sent was lost."""
    return [each for each, _ in groupby(ids)]


def more_than_once(ids: Iterable[str]) -> list[str]:
    return [each for each, times in Counter(ids).items() if times > 1]


def arrived(calls: list[Call]) -> list[str]:
    """The events of the calls whose signature held and that were answered well."""
    return [call["body"]["type"] for call in calls if call["verified"] and 200 <= call["answered"] < 300]


def of_event(calls: list[Call], event: str) -> Call | None:
    return next((call for call in calls if call["verified"] and call["body"]["type"] == event), None)
