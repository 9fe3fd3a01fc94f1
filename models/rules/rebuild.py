"""Where rows and workflows differ, and what is done about it: the rows are the truth (rule 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID


class Difference(StrEnum):
    NO_WORKFLOW = "no_workflow"
    UNKNOWN = "unknown"
    ENDED = "ended"
    OTHER_SUBJECT = "other_subject"
    AHEAD = "ahead"
    BEHIND = "behind"
    ELSEWHERE = "elsewhere"
    SILENT = "silent"
    LEFT_OVER = "left_over"


class Remedy(StrEnum):
    START = "start"
    REPLACE = "replace"
    END = "end"
    KEEP_AS_LATE = "keep_as_late"
    LEAVE = "leave"


REMEDIES: dict[Difference, Remedy] = {
    Difference.NO_WORKFLOW: Remedy.START,
    Difference.UNKNOWN: Remedy.END,
    Difference.ENDED: Remedy.END,
    Difference.OTHER_SUBJECT: Remedy.REPLACE,
    Difference.AHEAD: Remedy.REPLACE,
    Difference.BEHIND: Remedy.REPLACE,
    Difference.ELSEWHERE: Remedy.REPLACE,
    # It may be that no worker works: it is not known to be wrong.
    Difference.SILENT: Remedy.LEAVE,
    Difference.LEFT_OVER: Remedy.KEEP_AS_LATE,
}

IN_WORDS: dict[Difference, str] = {
    Difference.NO_WORKFLOW: "no workflow runs for it",
    Difference.UNKNOWN: "the database does not know it",
    Difference.ENDED: "it has ended, and its workflow still runs",
    Difference.OTHER_SUBJECT: "its workflow is about something else",
    Difference.AHEAD: "its workflow has heard facts that are not in the rows",
    Difference.BEHIND: "its workflow has not heard facts that count as delivered",
    Difference.ELSEWHERE: "its workflow stands elsewhere than its rows",
    Difference.SILENT: "its workflow runs and does not answer; do workers work?",
    Difference.LEFT_OVER: "facts wait for it, and it has ended",
}

_MAY_LAG = frozenset(
    {
        "applied_number",
        "organisation",
        # Changed by people, without a word to the workflow.
        "due_at",
        # Written by what the station tells, or settled for all; the workflow reads them anew before it needs them.
        "boot_due_at",
        "test_token",
        "test_transaction",
        "configuration",
        "connectors",
        "test_charge_time_limit_s",
        # Where a command was sent just now; the next try looks anew.
        "node",
        # What is to be done about a station at this moment; its next look tells.
        "todo",
        "look_at",
        # Whether there was a card when it was looked for.
        "lacks_card",
        # Whether a session's station is to be told to stop it; its next look tells.
        "is_to_stop",
    }
)
"""What a process knows of its rows and is allowed to know late."""

Standing = Mapping[str, Any]
"""What decides over a process's next step, by name, as JSON has it."""


@dataclass(frozen=True)
class InRows:
    """A process as the database has it.

    ``delivered_number`` is that of the last fact that counts as delivered, ``waiting`` whether some still do not;
    ``standing`` is None for a process of which nothing is compared but whether it runs.
    """

    subject_id: UUID
    ended: bool
    last_number: int
    applied_number: int
    delivered_number: int
    waiting: bool
    standing: Standing | None


@dataclass(frozen=True)
class Answer:
    """What a workflow tells of itself; ``standing`` is None until it has loaded its rows."""

    subject_id: UUID
    heard: int
    standing: Standing | None


@dataclass(frozen=True)
class InTemporal:
    """A process as Temporal has it; a workflow that runs and can't be asked gives no answer."""

    runs: bool
    answer: Answer | None = None


def compared(progress: Standing) -> dict[str, Any]:
    """What of a process's progress has to be as in the rows."""
    return {name: value for name, value in progress.items() if name not in _MAY_LAG}


def differing(rows: Standing, workflow: Standing) -> list[str]:
    """The names under which both know something else. What only one of them knows is left out: it is of other code."""
    return sorted(name for name in rows.keys() & workflow.keys() if rows[name] != workflow[name])


def difference(rows: InRows | None, workflow: InTemporal) -> Difference | None:
    """None where both agree, as far as can be seen while facts are on their way."""
    if rows is None:
        return Difference.UNKNOWN if workflow.runs else None
    if rows.ended:
        if workflow.runs:
            return Difference.ENDED
        return Difference.LEFT_OVER if rows.waiting else None
    if not workflow.runs:
        return Difference.NO_WORKFLOW
    if rows.standing is None:
        return None
    return Difference.SILENT if workflow.answer is None else _of_answer(rows, rows.standing, workflow.answer)


def _of_answer(rows: InRows, standing: Standing, answer: Answer) -> Difference | None:
    if answer.subject_id != rows.subject_id:
        return Difference.OTHER_SUBJECT
    if answer.heard > rows.last_number:
        return Difference.AHEAD
    if max(answer.heard, rows.applied_number) < rows.delivered_number:
        return Difference.BEHIND
    if rows.waiting:
        # It will hear what it does not know yet.
        return None
    if answer.standing is None or differing(standing, answer.standing):
        return Difference.ELSEWHERE
    return None
