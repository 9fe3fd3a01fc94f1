"""The guard of every route: who calls, whether the policy lets them, and with whose eyes they see."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import rates, tokens
from api.auth.attempts import tried
from api.context import Services, correlation_id_of, services_of
from models.errors import BusinessError, Forbidden, NotAuthenticated
from models.messages.base import Actor
from models.rules import access as policy
from models.rules import privacy
from models.rules.access import ROLES_OF, OrganisationKind, Permission, Reach, Role
from models.rules.rates import Usage
from models.store import organisations
from models.store.viewer import Viewer
from models.tables.access import Organisation, Principal
from models.usecases import timeline
from models.usecases.work import Work

_SESSION = HTTPBearer(
    scheme_name="session", description="The token that `POST /v1/sessions` gave to a person.", auto_error=False
)
API_KEY = HTTPBearer(
    scheme_name="api_key", description="A service account's API key, `sm_...`, narrowed by scopes.", auto_error=False
)


@dataclass(frozen=True)
class Caller:
    """A person by login (``scopes`` is None), or a service account by an API key."""

    id: UUID
    name: str
    organisation_id: UUID
    organisation_kind: OrganisationKind
    roles: frozenset[Role]
    scopes: frozenset[Permission] | None
    secret_hash: str

    @property
    def actor(self) -> Actor:
        return Actor(id=self.id, name=self.name, organisation_id=self.organisation_id)

    def reach(self, permission: Permission) -> Reach | None:
        return policy.reach(self.roles, self.scopes, permission)

    @property
    def permissions(self) -> list[Permission]:
        return [permission for permission in Permission if self.reach(permission)]


@dataclass(frozen=True)
class Access:
    """What the guard hands to a route: the caller, and the only ways to the database."""

    services: Services
    caller: Caller
    viewer: Viewer
    correlation_id: str
    later: set[str] | None = None
    """Takes the processes whose facts are delivered together at the end; None: each work delivers its own."""

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def work(self) -> AbstractAsyncContextManager[Work]:
        """One transaction in the caller's name; what it hands over is delivered after it is committed."""
        return self.services.work(self.actor, self.correlation_id, self.later)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        async with self.services.desk.database.transaction() as session:
            yield session

    def check_hands_on(self, permissions: Collection[Permission]) -> None:
        """A narrowed API key gives nobody, and no other key, more than it has itself. Raises Forbidden."""
        if self.caller.scopes is not None:
            for beyond in sorted(set(permissions) - self.caller.scopes):
                raise Forbidden(
                    f"Your API key lacks '{beyond}', so it can't give it to others", permission=beyond.value
                )

    async def put_refusal_on_record(
        self, request: Request, error: BusinessError, attempt: Mapping[str, Any] | None = None
    ) -> None:
        """A refused attempt stays in the timeline of whoever made it, with what was tried, masked.

        ``attempt`` is what was tried where that is a part of the request.
        """
        what = f"refused: {request.method} {request.url.path}"[:300]
        wanted = await tried(request) if attempt is None else {"body": privacy.shown(attempt)}
        # A half of a surrogate pair can be said in JSON, and can't be stored.
        why = error.detail.encode(errors="replace").decode()
        said: dict[str, Any] = {"status": error.status, "tried": wanted}
        async with self.work() as work:
            timeline.record(
                work,
                "principal",
                self.caller.id,
                what,
                why=why,
                refused=True,
                aimed_at=next(iter(request.path_params.values()), None),
                code=error.code,
                **said,
            )


class Guard:
    """A dependency that lets through whoever the policy lets; without a permission, whoever is logged in."""

    def __init__(self, permission: Permission | None) -> None:
        self.permission = permission

    async def __call__(
        self,
        request: Request,
        session: Annotated[HTTPAuthorizationCredentials | None, Security(_SESSION)],
        _api_key: Annotated[HTTPAuthorizationCredentials | None, Security(API_KEY)],
    ) -> Access:
        """Raises NotAuthenticated, Forbidden."""
        caller, usage = await authenticate(services_of(request), session.credentials if session else "")
        rates.tell(request.scope, usage)
        access = _access(request, caller, Reach.OWN)
        request.state.access = access
        if self.permission is None:
            return access
        reach = caller.reach(self.permission)
        if reach is None:
            raise Forbidden(f"This needs the permission '{self.permission}'", permission=self.permission.value)
        return _access(request, caller, reach)


def require(permission: Permission) -> Any:
    """The default of a route's ``access`` parameter: ``access: Annotated[Access, require(Permission.TASKS_READ)]``."""
    return Depends(Guard(permission))


SignedIn = Annotated[Access, Depends(Guard(None))]
"""For what concerns the caller alone."""


def caller_of(
    principal: Principal, organisation: Organisation, scopes: frozenset[Permission] | None, secret_hash: str
) -> Caller:
    # A role that the organisation's kind does not have counts for nothing, however it came into the row.
    roles = ROLES_OF[organisation.kind] & frozenset(principal.roles)
    return Caller(principal.id, principal.name, organisation.id, organisation.kind, roles, scopes, secret_hash)


async def authenticate(services: Services, secret: str) -> tuple[Caller, Usage]:
    """Who calls, and how often of late. Raises NotAuthenticated, in the same words whatever is wrong."""
    if secret and tokens.is_plausible(secret):
        secret_hash = tokens.hash_of(secret)
        now = services.desk.clock()
        async with services.desk.database.statements() as session:
            known = await _caller(session, services, secret, secret_hash)
            if known is not None:
                caller, counted_id, limit = known
                return caller, await rates.counted(session, counted_id, limit, now)
    raise NotAuthenticated("Send a valid session token or API key as 'Authorization: Bearer ...'")


async def _caller(
    session: AsyncSession, services: Services, secret: str, secret_hash: str
) -> tuple[Caller, UUID, int] | None:
    """With what is counted, and how often that may call in a minute."""
    limit = services.settings.requests_per_minute
    if secret.startswith(tokens.API_KEY_PREFIX):
        by_key = await organisations.by_key(session, secret_hash)
        if by_key is not None:
            key, principal, organisation = by_key
            scopes = frozenset(Permission(scope) for scope in key.scopes if scope in set(Permission))
            caller = caller_of(principal, organisation, scopes, secret_hash)
            return caller, key.id, key.requests_per_minute or limit
    else:
        by_login = await organisations.by_login(session, secret_hash, services.desk.clock())
        if by_login is not None:
            return caller_of(by_login[1], by_login[2], None, secret_hash), by_login[1].id, limit
    return None


async def is_still_in(access: Access) -> bool:
    """Whether what the caller came in with still opens anything, for what outlasts a request."""
    caller, services = access.caller, access.services
    async with access.reading() as session:
        if caller.scopes is not None:
            return await organisations.by_key(session, caller.secret_hash) is not None
        return await organisations.by_login(session, caller.secret_hash, services.desk.clock()) is not None


def _access(request: Request, caller: Caller, reach: Reach) -> Access:
    return Access(services_of(request), caller, Viewer(reach, caller.organisation_id), correlation_id_of(request))
