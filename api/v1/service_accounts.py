"""Programs that call with API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from api.auth import tokens
from api.auth.access import Access, require
from api.idempotency import Once
from api.paging import Page, Pages
from api.v1.shapes import Shape, example, sample
from models.messages.access import NewApiKey, NewServiceAccount
from models.rules.access import Permission, Role
from models.store import access as store
from models.usecases import access as usecase
from models.usecases.work import Work

router = APIRouter(prefix="/service-accounts", tags=["service accounts"])

Managing = Annotated[Access, require(Permission.USERS_MANAGE)]
_ID = "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c13"
_NEW = {"organisation_id": "0199f3a2-6d0c-7c1e-9a55-0d6f1b7a2c12", "name": "City system", "roles": ["requester"]}
_NEW_KEY = {
    "name": "production",
    "scopes": ["placements:create", "placements:read"],
    "requests_per_minute": 600,
}
_KEY = {**_NEW_KEY, "id": _ID, "created_at": "2026-11-21T08:00:00Z", "revoked_at": None}


class ServiceAccountShape(Shape):
    model_config = example(id=_ID, **_NEW, disabled_at=None, created_at="2026-11-21T08:00:00Z")

    id: UUID
    organisation_id: UUID
    name: str
    roles: list[Role]
    disabled_at: datetime | None
    created_at: datetime


class ApiKeyShape(Shape):
    model_config = example(**_KEY)

    id: UUID
    name: str
    scopes: list[Permission]
    requests_per_minute: int | None = Field(description="null: as many as every key may call")
    created_at: datetime
    revoked_at: datetime | None


class IssuedKeyShape(ApiKeyShape):
    """``secret`` is shown this once: we keep only its hash."""

    model_config = example(**_KEY, secret="sm_Xq8...")  # noqa: S106

    secret: str


class KeysShape(Shape):
    items: list[ApiKeyShape]


@router.post("", status_code=201, response_model=ServiceAccountShape, summary="Add a service account")
async def add(body: Annotated[NewServiceAccount, sample(**_NEW)], access: Managing, once: Once) -> Response:
    async def create(work: Work) -> ServiceAccountShape:
        return ServiceAccountShape.model_validate(await usecase.add_service_account(work, body, access.viewer))

    return await once.answer(access, create)


@router.get("", summary="Service accounts, newest first")
async def show_all(
    access: Managing, paging: Pages, organisation_id: Annotated[UUID | None, Query()] = None
) -> Page[ServiceAccountShape]:
    async with access.reading() as session:
        rows = await store.service_accounts(
            session, access.viewer, organisation_id=organisation_id, after=paging.after, limit=paging.fetch
        )
    return paging.page(rows, ServiceAccountShape.model_validate)


@router.post("/{account_id}/disable", summary="End a service account's access")
async def disable(account_id: UUID, access: Managing) -> ServiceAccountShape:
    """None of its keys opens anything from now on."""
    async with access.work() as work:
        account = await usecase.disable_service_account(work, account_id, access.viewer)
    return ServiceAccountShape.model_validate(account)


@router.post("/{account_id}/keys", status_code=201, response_model=IssuedKeyShape, summary="Issue an API key")
async def issue_key(
    account_id: UUID, body: Annotated[NewApiKey, sample(**_NEW_KEY)], access: Managing, once: Once
) -> Response:
    """The scopes narrow what the account's roles allow; they never widen it."""
    access.check_hands_on(body.scopes)
    secret = tokens.new_api_key()

    async def create(work: Work) -> IssuedKeyShape:
        key = await usecase.issue_key(work, account_id, body, tokens.hash_of(secret), access.viewer)
        return IssuedKeyShape(**ApiKeyShape.model_validate(key).model_dump(), secret=secret)

    return await once.answer(access, create)


@router.get("/{account_id}/keys", summary="The account's API keys, without their secrets")
async def show_keys(account_id: UUID, access: Managing) -> KeysShape:
    async with access.work() as work:
        keys = await usecase.keys_of(work, account_id, access.viewer)
    return KeysShape(items=[ApiKeyShape.model_validate(key) for key in keys])


@router.delete("/{account_id}/keys/{key_id}", status_code=204, summary="Revoke an API key")
async def revoke_key(account_id: UUID, key_id: UUID, access: Managing) -> None:
    async with access.work() as work:
        await usecase.revoke_key(work, account_id, key_id, access.viewer)
