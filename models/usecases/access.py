"""Organisations, people and service accounts, their logins and keys. No secret comes here, only hashes."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from models.errors import AlreadyExists, InvalidInput, NotFound, StageDoesNotAllow
from models.messages.access import (
    NewApiKey,
    NewOrganisation,
    NewServiceAccount,
    NewUser,
    OrganisationChange,
    UserChange,
)
from models.rules.access import ROLES_OF, Role, reach
from models.store import access, organisations
from models.store.viewer import Viewer
from models.tables.access import ApiKey, LoginSession, Organisation, Principal
from models.usecases import timeline
from models.usecases.work import Work

SESSION_LIFE = timedelta(hours=12)


async def add_organisation(work: Work, new: NewOrganisation) -> Organisation:
    """Raises AlreadyExists."""
    if await access.organisation_named(work.session, new.name) is not None:
        raise AlreadyExists(f"There is an organisation '{new.name}' already", field="/name")
    organisation = Organisation(**new.model_dump())
    work.session.add(organisation)
    await _stored(work, organisation)
    timeline.record(work, "organisation", organisation.id, "organisation added", kind=organisation.kind)
    return organisation


async def change_organisation(work: Work, organisation: Organisation, change: OrganisationChange) -> None:
    """Raises AlreadyExists."""
    wanted = change.model_dump(exclude_none=True)
    same_name = await access.organisation_named(work.session, wanted.get("name", organisation.name))
    if same_name is not None and same_name.id != organisation.id:
        raise AlreadyExists(f"There is an organisation '{same_name.name}' already", field="/name")
    organisation.sqlmodel_update(wanted)
    timeline.record(work, "organisation", organisation.id, "organisation changed")


async def lock_organisation(work: Work, organisation_id: UUID, viewer: Viewer) -> Organisation:
    """Raises NotFound."""
    organisation = await access.lock_organisation(work.session, organisation_id, viewer)
    if organisation is None:
        raise NotFound("There is no such organisation")
    return organisation


async def lock_user(work: Work, user_id: UUID, viewer: Viewer) -> Principal:
    """Raises NotFound."""
    user = await _principal(work, user_id, viewer)
    if user.email is None:
        raise NotFound("There is no such user")
    return user


async def change_user(work: Work, user: Principal, change: UserChange, viewer: Viewer) -> None:
    """Raises InvalidInput (a role that the organisation's people can't have), StageDoesNotAllow (one's own roles)."""
    if change.name is not None:
        user.name = change.name
    if change.roles is not None and sorted(change.roles) != sorted(user.roles):
        if user.id == work.actor.id:
            raise StageDoesNotAllow("You can't change your own roles; ask another administrator")
        await _check_roles(work, user.organisation_id, change.roles, viewer)
        user.roles = sorted(change.roles)
    timeline.record(work, "principal", user.id, "user changed", name=user.name)


async def add_user(work: Work, new: NewUser, password_hash: str, viewer: Viewer) -> Principal:
    """Raises AlreadyExists, InvalidInput (an unknown organisation, a role that its people can't have)."""
    await _check_roles(work, new.organisation_id, new.roles, viewer)
    if await organisations.by_email(work.session, new.email) is not None:
        raise AlreadyExists(f"'{new.email}' has a login already", field="/email")
    user = Principal(
        organisation_id=new.organisation_id,
        name=new.name,
        email=new.email,
        password_hash=password_hash,
        roles=sorted(new.roles),
    )
    work.session.add(user)
    await _stored(work, user)
    timeline.record(work, "principal", user.id, "user added", roles=user.roles, name=user.name)
    return user


async def add_service_account(work: Work, new: NewServiceAccount, viewer: Viewer) -> Principal:
    """Raises InvalidInput as ``add_user`` does."""
    await _check_roles(work, new.organisation_id, new.roles, viewer)
    account = Principal(organisation_id=new.organisation_id, name=new.name, roles=sorted(new.roles))
    work.session.add(account)
    await _stored(work, account)
    timeline.record(work, "principal", account.id, "service account added", roles=account.roles, name=account.name)
    return account


async def disable_user(work: Work, user_id: UUID, viewer: Viewer) -> Principal:
    """From now on no login of the person opens anything. Raises NotFound, StageDoesNotAllow (oneself)."""
    user = await lock_user(work, user_id, viewer)
    if user.id == work.actor.id:
        raise StageDoesNotAllow("You can't disable yourself; ask another administrator")
    await access.end_sessions_of(work.session, user.id)
    return _disabled(work, user)


async def disable_service_account(work: Work, account_id: UUID, viewer: Viewer) -> Principal:
    """From now on no key of the account opens anything. Raises NotFound."""
    return _disabled(work, await _account(work, account_id, viewer))


def _disabled(work: Work, principal: Principal) -> Principal:
    if principal.disabled_at is None:
        principal.disabled_at = work.now
        timeline.record(work, "principal", principal.id, "disabled", name=principal.name)
    return principal


async def keys_of(work: Work, account_id: UUID, viewer: Viewer) -> Sequence[ApiKey]:
    """The account's keys, revoked ones too. Raises NotFound."""
    account = await _account(work, account_id, viewer)
    return await access.keys_of(work.session, account.id)


async def issue_key(work: Work, account_id: UUID, new: NewApiKey, secret_hash: str, viewer: Viewer) -> ApiKey:
    """Raises NotFound, StageDoesNotAllow, InvalidInput (a scope that the account's roles don't allow)."""
    account = await _account(work, account_id, viewer)
    if account.disabled_at is not None:
        raise StageDoesNotAllow("The service account is disabled")
    roles = frozenset(Role(role) for role in account.roles)
    for scope in sorted(new.scopes):
        if reach(roles, None, scope) is None:
            raise InvalidInput(f"The roles of '{account.name}' do not allow '{scope}'", field="/scopes")
    key = ApiKey(
        principal_id=account.id,
        name=new.name,
        secret_hash=secret_hash,
        scopes=sorted(new.scopes),
        requests_per_minute=new.requests_per_minute,
    )
    work.session.add(key)
    await _stored(work, key)
    timeline.record(work, "principal", account.id, "API key issued", key=str(key.id), scopes=key.scopes)
    return key


async def revoke_key(work: Work, account_id: UUID, key_id: UUID, viewer: Viewer) -> None:
    """The key opens nothing any more; revoking it twice changes nothing. Raises NotFound."""
    account = await _account(work, account_id, viewer)
    key = await work.session.get(ApiKey, key_id, with_for_update=True)
    if key is None or key.principal_id != account.id:
        raise NotFound("The account has no such key")
    if key.revoked_at is None:
        key.revoked_at = work.now
        timeline.record(work, "principal", account.id, "API key revoked", key=str(key.id))


async def open_session(work: Work, principal: Principal, secret_hash: str) -> LoginSession:
    """The password was right; what has run out is cleared away with it."""
    await access.end_expired_sessions_of(work.session, principal.id, work.now)
    login = LoginSession(principal_id=principal.id, secret_hash=secret_hash, expires_at=work.now + SESSION_LIFE)
    work.session.add(login)
    timeline.record(work, "principal", principal.id, "logged in")
    return login


async def end_session(work: Work, secret_hash: str) -> None:
    await access.end_session(work.session, secret_hash)
    if work.actor.id is not None:
        timeline.record(work, "principal", work.actor.id, "logged out")


async def _check_roles(work: Work, organisation_id: UUID, roles: frozenset[Role], viewer: Viewer) -> None:
    organisation = await access.organisation(work.session, organisation_id, viewer)
    if organisation is None:
        raise InvalidInput("There is no such organisation", field="/organisation_id")
    possible = ROLES_OF[organisation.kind]
    if wrong := sorted(roles - possible):
        raise InvalidInput(
            f"People of a {organisation.kind} organisation can't be {', '.join(wrong)}; "
            f"possible: {', '.join(sorted(possible))}",
            field="/roles",
        )


async def _principal(work: Work, principal_id: UUID, viewer: Viewer) -> Principal:
    principal = await access.lock_principal(work.session, principal_id, viewer)
    if principal is None:
        raise NotFound("There is no such user or service account")
    return principal


async def _account(work: Work, account_id: UUID, viewer: Viewer) -> Principal:
    account = await _principal(work, account_id, viewer)
    if account.email is not None:
        raise NotFound("There is no such service account")
    return account


async def _stored(work: Work, row: Organisation | Principal | ApiKey) -> None:
    """With what the database filled in itself."""
    await work.session.flush()
    await work.session.refresh(row)
