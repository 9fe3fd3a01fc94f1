"""Facts of many stations on their way into one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import orjson

from models.messages.telemetry import Answer, Outcome, Samples, Seen, Turn
from models.rules import authorisation
from models.rules.authorisation import Judgement, Shown, Station, TokenVerdict
from models.rules.vehicle_id import keys_of
from models.store import driver, telemetry
from models.store.authorisation import by_keys
from models.store.telemetry import Heard
from models.usecases import card
from models.usecases.work import Work

F = TypeVar("F", bound=Seen)
Stations = Mapping[tuple[UUID, str], Heard]


@dataclass
class Batch:
    """``answers`` says of each fact what became of it; what is to be added to the rows gathers until the end."""

    work: Work
    facts: Sequence[Seen]
    stations: Stations
    answers: list[Answer]
    tokens: Mapping[str, Shown] = field(default_factory=dict)
    """Those that were shown, as far as they are known, by their keys."""
    readings: list[tuple[Any, ...]] = field(default_factory=list)
    frames: list[tuple[Any, ...]] = field(default_factory=list)
    events: list[tuple[Any, ...]] = field(default_factory=list)
    refused: set[tuple[str, UUID]] = field(default_factory=set)
    """Blocked tokens that were shown, with their stations."""

    @classmethod
    def of(cls, work: Work, facts: Sequence[Seen], stations: Stations) -> "Batch":
        """Kept is, by now, what is of a station that nobody else works on; after a turn of its charge it waits."""
        answers: list[Answer] = []
        turned: set[UUID] = set()
        for fact in facts:
            answers.append(_first(stations.get((fact.asset_id, fact.identity)), has_turned=fact.asset_id in turned))
            if isinstance(fact, Turn):
                turned.add(fact.asset_id)
        return cls(work, facts, stations, answers)

    def kept(self, kind: type[F]) -> list[tuple[int, F]]:
        """The facts of the kind that are kept by now, with their places."""
        return [
            (place, fact)
            for place, fact in enumerate(self.facts)
            if isinstance(fact, kind) and self.answers[place] is Outcome.KEPT
        ]

    def station(self, fact: Seen) -> Heard:
        return self.stations[fact.asset_id, fact.identity]

    def to_start(self, fact: Turn, token: str, connector: int | None) -> Judgement:
        """The decision on a token that is shown to begin at the fact's station."""
        place, least = authorisation.place_of(fact.asset_id, connector), self.work.terms.session_least
        return authorisation.to_start(self._shown(fact, token), self._station(fact), self.work.now, place, least)

    def to_stop(self, fact: Turn, token: str) -> Judgement:
        return authorisation.to_stop(self._shown(fact, token), self._station(fact), self.work.now)

    def tag(self, fact: Turn) -> str | None:
        """Of the group that the token belongs to, if one was shown."""
        shown = None if fact.token is None else self._shown(fact, fact.token)
        return None if shown is None or shown.group is None else shown.group.tag

    def _shown(self, fact: Turn, token: str) -> Shown | None:
        return by_keys(self.tokens, keys_of(token, fact.token_kind))

    def verdict(self, fact: Turn, token: str, judged: Judgement) -> TokenVerdict:
        """What is decided, to be told to the station."""
        shown = self._shown(fact, token)
        if authorisation.is_misused(shown and shown.token, judged.verdict):
            self.refused.add((token.upper(), fact.asset_id))
        return judged.verdict

    def _station(self, fact: Seen) -> Station:
        return self.station(fact).station

    def keep_frame(self, fact: Seen, number: int | None, action: str, frame: str) -> None:
        """As evidence beside the transaction."""
        self.frames.append((self.work.now, fact.asset_id, number, action, frame))

    def keep_samples(self, fact: Seen, connector: int | None, number: int | None, samples: Samples) -> None:
        now = self.work.now
        for at, measured in by_instant(samples).items():
            self.readings.append((now, fact.asset_id, number, connector, at, measured))

    def announce(self, fact: Seen, kind: str, detail: Mapping[str, Any], at: datetime) -> None:
        """Put it on the station's event stream."""
        self.events.append((fact.asset_id, kind, self.station(fact).test_number, dict(detail), at))

    async def write(self) -> None:
        session = self.work.session
        await driver.copy(session, telemetry.READINGS, self.readings)
        await driver.copy(session, telemetry.FRAMES, self.frames)
        await driver.copy(session, telemetry.EVENTS, self.events)
        if self.refused:
            await card.note_use(self.work, self.refused)
        if self.events:
            await telemetry.wake(session, {event[0] for event in self.events})


def by_instant(samples: Samples) -> dict[datetime, list[dict[str, Any]]]:
    """What was measured at the same time stands in one row."""
    found: dict[datetime, list[dict[str, Any]]] = {}
    for at, sample in samples:
        found.setdefault(at, []).append(sample)
    return found


def text_of(value: Any) -> str:
    return orjson.dumps(value).decode()


def _first(heard: Heard | None, *, has_turned: bool) -> Outcome:
    if heard is None:
        return Outcome.NOT_REGISTERED
    return Outcome.KEPT if heard.held and not has_turned else Outcome.LATER
