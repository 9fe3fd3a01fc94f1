"""Logging in and out."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request

from api.auth import login
from api.auth.access import SignedIn
from api.context import correlation_id_of, services_of
from api.v1.shapes import Shape, example, sample
from models.messages.access import LogIn
from models.rules.access import OrganisationKind, Permission, Role
from models.usecases import access as usecase

router = APIRouter(prefix="/sessions", tags=["sessions"])

_ME = {
    "id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c11",
    "name": "Olga Operations",
    "organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12",
    "organisation_kind": "operator",
    "roles": ["operations"],
    "permissions": ["placements:read", "placements:decide"],
}
Credentials = Annotated[LogIn, sample(email="olga@operator.example", password="a long pass phrase")]  # noqa: S106


class CallerShape(Shape):
    """Who calls, and what the policy lets them do; a page shows what is in ``permissions``."""

    model_config = example(**_ME)

    id: UUID
    name: str
    organisation_id: UUID
    organisation_kind: OrganisationKind
    roles: list[Role]
    permissions: list[Permission]


class SessionShape(Shape):
    model_config = example(token="st_9Zk...", expires_at="2026-11-21T20:00:00Z", principal=_ME)  # noqa: S106

    token: str
    expires_at: datetime
    principal: CallerShape


@router.post("", status_code=201, summary="Log in with e-mail and password")
async def log_in(request: Request, body: Credentials) -> SessionShape:
    """Wrong guesses are slowed down; an unknown e-mail address is answered just like a wrong password."""
    address = request.client.host if request.client else ""
    done = await login.log_in(services_of(request), body, address, correlation_id_of(request))
    principal = CallerShape.model_validate(done.caller)
    return SessionShape(token=done.token, expires_at=done.expires_at, principal=principal)


@router.get("/current", summary="Who am I, and what may I do?")
async def show_session(access: SignedIn) -> CallerShape:
    return CallerShape.model_validate(access.caller)


@router.delete("/current", status_code=204, summary="Log out")
async def log_out(access: SignedIn) -> None:
    """The token opens nothing from now on. An API key is not ended by this: it is revoked."""
    async with access.work() as work:
        await usecase.end_session(work, access.caller.secret_hash)
