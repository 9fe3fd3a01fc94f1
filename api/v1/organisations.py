"""The operator and its partners."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.auth.access import Access, SignedIn, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.access import NewOrganisation, OrganisationChange
from models.rules.access import OrganisationKind, Permission, Reach
from models.store import access as store
from models.store.viewer import Viewer
from models.usecases import access as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/organisations", tags=["organisations"])

Managing = Annotated[Access, require(Permission.ORGANISATIONS_MANAGE)]
_NEW = {"kind": "requester", "name": "Gemeente Voorbeeld", "email": "laadpalen@voorbeeld.example", "language": "nl"}


class OrganisationShape(Shape):
    model_config = example(id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12", **_NEW, created_at="2026-11-21T08:00:00Z")

    id: UUID
    kind: OrganisationKind
    name: str
    email: str | None
    language: str
    created_at: datetime


@router.post(
    "",
    status_code=201,
    response_model=OrganisationShape,
    summary="Add a requester, installer or service partner",
)
async def add(body: Annotated[NewOrganisation, sample(**_NEW)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> OrganisationShape:
        return OrganisationShape.model_validate(await usecase.add_organisation(work, body))

    return await once.answer(access, create)


@router.get("", summary="All organisations, newest first")
async def show_all(access: Managing, paging: Pages) -> Page[OrganisationShape]:
    async with access.reading() as session:
        rows = await store.organisations(session, access.viewer, after=paging.after, limit=paging.fetch)
    return paging.page(rows, OrganisationShape.model_validate)


@router.get("/current", summary="The caller's own organisation")
async def show_own(access: SignedIn) -> OrganisationShape:
    own = access.caller.organisation_id
    async with access.reading() as session:
        found = await store.organisation(session, own, Viewer(Reach.OWN, own))
    if found is None:
        raise NotFound("Your organisation is not there any more")
    return OrganisationShape.model_validate(found)


@router.get("/{organisation_id}", summary="One organisation")
async def show(organisation_id: UUID, access: Managing) -> OrganisationShape:
    async with access.reading() as session:
        found = await store.organisation(session, organisation_id, access.viewer)
    if found is None:
        raise NotFound("There is no such organisation")
    return OrganisationShape.model_validate(found)


@router.patch("/{organisation_id}", summary="Change an organisation's name, address or language")
async def change(
    organisation_id: UUID,
    body: Annotated[OrganisationChange, sample(email="beheer@voorbeeld.example")],
    access: Managing,
    condition: IfMatch,
) -> OrganisationShape:
    async with access.work() as work:
        organisation = await usecase.lock_organisation(work, organisation_id, access.viewer)

        async def shown() -> OrganisationShape:
            return OrganisationShape.model_validate(organisation)

        await condition.check(shown)
        await usecase.change_organisation(work, organisation, body)
        return condition.answered(await shown(), f"/v1/organisations/{organisation_id}")
