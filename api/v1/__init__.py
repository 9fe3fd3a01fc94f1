"""Version 1 of the JSON API: one file per resource."""

from fastapi import APIRouter, Depends

from api.storable import refuse_nul
from api.v1 import (
    endpoints,
    hardware,
    organisations,
    products,
    sat_templates,
    service_accounts,
    sessions,
    tasks,
    tenders,
    users,
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
    endpoints,
):
    router.include_router(part.router)
