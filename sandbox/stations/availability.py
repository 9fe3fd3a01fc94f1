"""Taking connectors out of use and back (OCPP 1.6 ed.2 §5.2, 2.0.1 part 2 §G03)."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.stations.connector import Connector
    from sandbox.stations.station import Station


def set_operative(station: "Station", number: int | None, *, operative: bool) -> str:
    """An AvailabilityStatus: Scheduled where a transaction has to end first. No number: all connectors."""
    status = "Accepted"
    for connector in station.charging.connectors.values():
        if number not in {None, connector.number}:
            continue
        connector.wanted_operative = None
        if connector.transaction is not None and not operative:
            connector.wanted_operative = False
            status = "Scheduled"
        else:
            connector.operative = operative
            station.spawn(station.tell_status(connector))
    station.keep()
    return status


def after_transaction(station: "Station", connector: "Connector") -> None:
    """What was scheduled for the transaction's end."""
    if connector.wanted_operative is not None:
        connector.operative, connector.wanted_operative = connector.wanted_operative, None
        station.spawn(station.tell_status(connector))
