"""A person logs in: the password is verified off the event loop and outside any transaction."""

from dataclasses import dataclass
from datetime import datetime

from api.auth import tokens
from api.auth.access import Caller, caller_of
from api.context import Services
from models.errors import NotAuthenticated
from models.messages.access import LogIn
from models.store import organisations
from models.tables.access import Organisation, Principal
from models.usecases import access


@dataclass(frozen=True)
class LoggedIn:
    token: str
    expires_at: datetime
    caller: Caller


async def log_in(services: Services, credentials: LogIn, address: str, correlation_id: str) -> LoggedIn:
    """``address`` is the network address. Raises TooManyAttempts, Overloaded, NotAuthenticated."""
    services.throttle.begin(credentials.email, address)
    principal, organisation = await _verified(services, credentials)
    services.throttle.succeeded(credentials.email, address)
    token = tokens.new_session_token()
    caller = caller_of(principal, organisation, None, tokens.hash_of(token))
    async with services.work(caller.actor, correlation_id) as work:
        login = await access.open_session(work, principal, caller.secret_hash)
    return LoggedIn(token, login.expires_at, caller)


async def _verified(services: Services, credentials: LogIn) -> tuple[Principal, Organisation]:
    """Who it is by e-mail and password; whether there is such a person can't be told from answer or time."""
    async with services.desk.database.transaction() as session:
        principal = await organisations.by_email(session, credentials.email)
    in_use = principal is not None and principal.disabled_at is None
    kept_hash = principal.password_hash if principal is not None and in_use else None
    is_right = await services.hashing.is_right(kept_hash, credentials.password.get_secret_value())
    if principal is None or not is_right:
        raise NotAuthenticated("E-mail address or password is wrong")
    # Not before: the time of one query more would tell who is known.
    async with services.desk.database.transaction() as session:
        return principal, await organisations.named(session, principal.organisation_id)
