"""People who log in with a password."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.auth.access import Access, require
from api.etags import IfMatch
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.errors import NotFound
from models.messages.access import NewUser, UserChange
from models.rules.access import Permission, Role, reach
from models.store import access as store
from models.usecases import access as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/users", tags=["users"])

Managing = Annotated[Access, require(Permission.USERS_MANAGE)]
_ORGANISATION = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12"
_NEW = {
    "organisation_id": _ORGANISATION,
    "name": "Olga Operations",
    "email": "olga@operator.example",
    "password": "a long pass phrase",
    "roles": ["operations"],
}


class UserShape(Shape):
    model_config = example(
        id="0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
        organisation_id=_ORGANISATION,
        name="Olga Operations",
        email="olga@operator.example",
        roles=["operations"],
        disabled_at=None,
        created_at="2026-11-21T08:00:00Z",
    )

    id: UUID
    organisation_id: UUID
    name: str
    email: str
    roles: list[Role]
    disabled_at: datetime | None
    created_at: datetime


@router.post("", status_code=201, response_model=UserShape, summary="Add a person to an organisation")
async def add(body: Annotated[NewUser, sample(**_NEW)], access: Managing, once: Once) -> Response:
    """The roles must be ones that people of that kind of organisation can have."""
    access.check_hands_on([each for each in Permission if reach(body.roles, None, each)])
    password_hash = await access.services.hashing.password(body.password.get_secret_value())

    async def create(work: Work) -> UserShape:
        return UserShape.model_validate(await usecase.add_user(work, body, password_hash, access.viewer))

    return await once.answer(access, create)


@router.get("", summary="People, newest first")
async def show_all(
    access: Managing, paging: Pages, organisation_id: Annotated[UUID | None, Query()] = None
) -> Page[UserShape]:
    async with access.reading() as session:
        rows = await store.people(
            session, access.viewer, organisation_id=organisation_id, after=paging.after, limit=paging.fetch
        )
    return paging.page(rows, UserShape.model_validate)


@router.get("/{user_id}", summary="One person")
async def show(user_id: UUID, access: Managing) -> UserShape:
    async with access.reading() as session:
        user = await store.person(session, user_id, access.viewer)
    if user is None:
        raise NotFound("There is no such user")
    return UserShape.model_validate(user)


@router.patch("/{user_id}", summary="Change a person's name or roles")
async def change(
    user_id: UUID,
    body: Annotated[UserChange, sample(roles=["operations", "administration"])],
    access: Managing,
    condition: IfMatch,
) -> UserShape:
    """Nobody changes their own roles."""
    access.check_hands_on([each for each in Permission if reach(body.roles or frozenset(), None, each)])
    async with access.work() as work:
        user = await usecase.lock_user(work, user_id, access.viewer)

        async def shown() -> UserShape:
            return UserShape.model_validate(user)

        await condition.check(shown)
        await usecase.change_user(work, user, body, access.viewer)
        return condition.answered(await shown(), f"/v1/users/{user_id}")


@router.post("/{user_id}/disable", summary="End a person's access")
async def disable(user_id: UUID, access: Managing) -> UserShape:
    """Logins end at once. What the person did stays on record."""
    async with access.work() as work:
        user = await usecase.disable_user(work, user_id, access.viewer)
    return UserShape.model_validate(user)
