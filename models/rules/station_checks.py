"""What a station is configured with when it is commissioned, and what its self-check has to find (P13, P14)."""

from collections.abc import Mapping

NETWORK_CONFIGURATION = {
    "HeartbeatInterval": "300",
    "MeterValueSampleInterval": "30",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "AuthorizeRemoteTxRequests": "true",
    "LocalPreAuthorize": "false",
    "StopTransactionOnEVSideDisconnect": "true",
}
"""OCPP 1.6 ed.2 §9: the settings that every station of the network gets."""

_OUT_OF_ORDER = frozenset({"Faulted", "Unavailable"})


def wanted_configuration(product: Mapping[str, str]) -> dict[str, str]:
    """The network's settings, with the product's own over them."""
    return {**NETWORK_CONFIGURATION, **product}


def refusals(outcomes: Mapping[str, str]) -> list[str]:
    """The keys whose value the station refused. One that it does not have is no refusal."""
    return sorted(key for key, outcome in outcomes.items() if outcome in {"rejected", "timed_out"})


def findings(
    wanted: Mapping[str, str], read_back: Mapping[str, str | None], connectors: Mapping[int, str | None]
) -> list[str]:
    """What is wrong, in plain words: settings that did not take, connectors that are silent or out of order."""
    wrong = [
        f"setting {key} is '{read_back[key]}' instead of '{value}'"
        for key, value in wanted.items()
        if read_back.get(key) is not None and str(read_back[key]).lower() != value.lower()
    ]
    for connector, status in connectors.items():
        if status is None:
            wrong.append(f"connector {connector} has not told its state")
        elif status in _OUT_OF_ORDER:
            wrong.append(f"connector {connector} is {status}")
    return wrong
