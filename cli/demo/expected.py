"""What the timelines have to tell of the road, by subject: as many times as it stands here, and nothing else."""

REJECTED = ("placement requested", "reject")

PLACEMENT = (
    "placement requested",
    "approve",
    "grid connection requested",
    "grid operator: rejected",
    "now location rejected",
    "propose location",
    "grid connection requested",
    "grid operator: approved",
    "now grid approved",
    "grid operator: connection_scheduled",
    "now pending grid installation",
    "grid operator: preparation_scheduled",
    "grid operator: installation_scheduled",
    "now in installation",
    "grid operator: connected",
    "sat submitted",
    "sat returned",
    "sat submitted",
    "sat approved",
    "stations active",
)

WORK_ORDER = (
    "work order made",
    "plan",
    "link hardware",
    "link hardware",
    "link hardware",
    "start connection test",
    "start connection test",
    "start connection test",
    "start connection test",
    "photo added",
    "submit sat",
    "return sat",
    "submit sat",
    "approve sat",
    "SAT report filed",
    "stations active",
)

WITHDRAWN = (
    "placement requested",
    "approve",
    "grid connection requested",
    "grid operator: approved",
    "now grid approved",
    "grid operator: installation_scheduled",
    "now in installation",
    "withdraw",
    "grid connection cancelled",
    "grid operator: cancelled",
    "withdrawal done",
)
WITHDRAWN_ORDER = ("work order made", "link hardware", "start connection test", "cancelled", "hardware unlinked")

_FIRST_TEST = ("registered", "station connected")
_PASSED = (
    "station booted",
    "configuration applied",
    "self check passed",
    "test charge started",
    "test charge done",
    "accepted",
    "activated",
)

STATION = (*_FIRST_TEST, *_PASSED)
CANCELLED_STATION = (*_FIRST_TEST, "station booted", "configuration applied", "self check passed", "cancelled")
MENDED_STATION = (*_FIRST_TEST, "test failed", "registered", *_PASSED)
"""The station that came with another serial number at first: connected already when its test was repeated."""
