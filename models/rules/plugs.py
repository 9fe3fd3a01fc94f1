"""The state of an EVSE by those of its connectors: OCPP 2 tells each of its own (part 2 §G01)."""

from collections.abc import Mapping

# A fault is to be seen; while one connector is in use, stations call the others unavailable.
_TELLING = ("Faulted", "Occupied", "Reserved", "Available", "Unavailable")


def status_of(plugs: Mapping[str, str]) -> str:
    """The most telling state among the connectors, of which there is at least one."""
    return min(plugs.values(), key=lambda state: _TELLING.index(state) if state in _TELLING else len(_TELLING))


def error_of(state: str) -> str:
    """OCPP 2 tells no error with a state: the word of 1.6 for one that is not named."""
    return "OtherError" if state == "Faulted" else "NoError"
