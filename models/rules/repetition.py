"""Whether an event that comes under a number that was heard is that event again, or another one.

A station sends an event until it is confirmed, so most of what comes again is the same. Some use one number for ever,
or begin anew at some number: theirs are other events, which must not be lost. The newest are remembered by what they
say.
"""

from collections.abc import Collection
from typing import NamedTuple

REMEMBERED = 32


class Print(NamedTuple):
    """What tells events of one number apart. ``at_ms`` since 1970; ``content`` is a digest of what the event says."""

    at_ms: int
    number: int
    phase: str
    content: int


Prints = tuple[Print, ...]
"""Those of the newest events, oldest first."""


def is_again(heard: Prints, told: Print) -> bool:
    """Whether an event whose number was heard is the same one.

    Of a number that is not remembered it is, where it is older than all that is: forgotten since, or heard by an
    earlier release, which remembered none.
    """
    rivals = rivalling(heard, told)
    if rivals:
        return told in rivals
    return not heard or told.at_ms < heard[0].at_ms


def remembered(one: Prints, other: Prints) -> Prints:
    return tuple(sorted({*one, *other})[-REMEMBERED:])


def rivalling(heard: Collection[Print], told: Print) -> list[Print]:
    """What is remembered under the number of this event."""
    return [each for each in heard if (each.number, each.phase) == (told.number, told.phase)]
