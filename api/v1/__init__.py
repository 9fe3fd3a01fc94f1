"""Version 1 of the JSON API: one file per resource."""

from fastapi import APIRouter, Depends

from api.storable import refuse_nul
from api.v1 import (
    documents,
    endpoints,
    hardware,
    organisations,
    photos,
    placement_decisions,
    placements,
    processes,
    products,
    sat_templates,
    sats,
    service_accounts,
    sessions,
    station_events,
    stations,
    tasks,
    tenders,
    timelines,
    users,
    webhooks,
    work_order_lines,
    work_orders,
)

router = APIRouter(prefix="/v1", dependencies=[Depends(refuse_nul)])
for part in (
    sessions,
    organisations,
    users,
    service_accounts,
    products,
    sat_templates,
    tenders,
    hardware,
    tasks,
    placements,
    placement_decisions,
    timelines,
    work_orders,
    work_order_lines,
    sats,
    photos,
    stations,
    station_events,
    documents,
    endpoints,
    webhooks,
    processes,
):
    router.include_router(part.router)
