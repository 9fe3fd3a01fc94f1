"""By what a process is found in Temporal. Chosen once: SQL visibility has ten keywords and three of each other kind."""

from typing import Any

from temporalio.common import SearchAttributeKey

REFERENCE = SearchAttributeKey.for_keyword("Reference")
STAGE = SearchAttributeKey.for_keyword("Stage")
ORGANISATION = SearchAttributeKey.for_keyword("Organisation")
STATION = SearchAttributeKey.for_keyword("Station")
DUE = SearchAttributeKey.for_datetime("Due")

ALL: list[SearchAttributeKey[Any]] = [REFERENCE, STAGE, ORGANISATION, STATION, DUE]
