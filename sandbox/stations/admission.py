"""Who may charge: the central system's word, and the local list and the cache without it."""

from typing import TYPE_CHECKING, Any

from sandbox.stations.connector import Token
from sandbox.stations.dialect import Verdict
from sandbox.stations.link import CallError, NoAnswerError
from sandbox.stations.settings import Knob
from sandbox.stations.times import read

if TYPE_CHECKING:
    from sandbox.stations.station import Station

CACHE_LIMIT = 100
LIST_LIMIT = 1_000
ACCEPTED = "Accepted"

Entry = tuple[str, Verdict | None]


class LocalList:
    """OCPP 1.6 ed.2 §3.5.2, 2.0.1 part 2 §D. Version 0: there is none."""

    def __init__(self, kept: dict[str, Any]) -> None:
        self.version: int = kept.get("version", 0)
        self._entries = {token: Verdict(*verdict) for token, verdict in kept.get("entries", {}).items()}

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, token: str) -> Verdict | None:
        return self._entries.get(token.casefold())

    def take(self, version: int, entries: list[Entry], *, full: bool) -> str:
        """An UpdateStatus. An entry without a verdict is taken out, which only a differential may ask for."""
        if version <= 0 or (full and any(verdict is None for _, verdict in entries)):
            return "Failed"
        if not full and version <= self.version:
            return "VersionMismatch"
        changed = {} if full else dict(self._entries)
        for token, verdict in entries:
            if verdict is None:
                changed.pop(token.casefold(), None)
            else:
                changed[token.casefold()] = verdict
        if len(changed) > LIST_LIMIT:
            return "Failed"
        self._entries, self.version = changed, version
        return ACCEPTED

    def kept(self) -> dict[str, Any]:
        entries = {token: [one.status, one.expires, one.group] for token, one in self._entries.items()}
        return {"version": self.version, "entries": entries}


class Admission:
    def __init__(self, station: "Station", kept: dict[str, Any]) -> None:
        self._station = station
        self.local_list = LocalList(kept)
        self._cache: dict[str, Verdict] = {}

    async def refused(self, token: Token) -> str | None:
        """Why the token may not charge; None where it may."""
        known = self._known(token)
        if self._is_on(Knob.LOCAL_BEFORE_ASKING) and known is not None and known.status == ACCEPTED:
            return None
        try:
            answer = await self._station.call("Authorize", self._station.dialect.authorization(token))
        except CallError as error:
            return f"not authorised: {error}"
        except NoAnswerError as error:
            return self._refused_off_line(token, error)
        verdict = self._station.dialect.verdict(answer)
        self.remember(token.value, verdict)
        return None if verdict.status == ACCEPTED else f"not authorised: {verdict.status}"

    def remember(self, token: str, verdict: Verdict) -> None:
        if self._is_on(Knob.CACHE_ENABLED):
            self._cache.pop(token.casefold(), None)
            self._cache[token.casefold()] = verdict
            if len(self._cache) > CACHE_LIMIT:
                del self._cache[next(iter(self._cache))]

    def clear_cache(self) -> bool:
        """False where no cache is kept."""
        self._cache.clear()
        return self._is_on(Knob.CACHE_ENABLED)

    def knows(self, token: str) -> bool:
        return token.casefold() in self._cache or self.local_list.find(token) is not None

    def forget(self, token: str) -> None:
        self._cache.pop(token.casefold(), None)

    def _refused_off_line(self, token: Token, error: Exception) -> str | None:
        """OCPP 1.6 ed.2 §3.5: off-line the list counts before the cache, an unknown token only where it is let in."""
        known = self._known(token) if self._is_on(Knob.LOCAL_OFF_LINE) else None
        if known is not None:
            return None if known.status == ACCEPTED else f"not authorised: {known.status}, off-line"
        return None if self._is_on(Knob.UNKNOWN_OFF_LINE) else f"not authorised: {error}"

    def _known(self, token: Token) -> Verdict | None:
        listed = self.local_list.find(token.value) if self._is_on(Knob.LIST_ENABLED) else None
        found = listed or (self._cache.get(token.value.casefold()) if self._is_on(Knob.CACHE_ENABLED) else None)
        if found is not None and found.expires and read(found.expires) <= self._station.clock.instant():
            return Verdict("Expired", found.expires, found.group)
        return found

    def _is_on(self, knob: Knob) -> bool:
        return self._station.configuration.is_on(knob)
