"""The way in for installers' own systems: their signing secrets, which are changed over without a gap (P10)."""

import base64
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from models.errors import InvalidInput, NotFound
from models.messages.base import Actor
from models.rules.access import OrganisationKind
from models.secrets import KeyRing
from models.store import access, plans
from models.store.viewer import EVERYTHING
from models.tables.plan import PlanHook
from models.usecases import timeline
from models.usecases.work import Work

FORMER_HOLDS = timedelta(days=1)


async def make(work: Work, organisation_id: UUID, keys: KeyRing, secret: str) -> PlanHook:
    """Take a new secret; the one before holds for a day more. Raises NotFound, InvalidInput (no installer)."""
    organisation = await access.organisation(work.session, organisation_id, EVERYTHING)
    if organisation is None:
        raise NotFound("There is no such organisation")
    if organisation.kind is not OrganisationKind.INSTALLER:
        raise InvalidInput(f"'{organisation.name}' is no installer", field="organisation_id")
    sealed = base64.b64encode(keys.encrypt(secret.encode(), _context(organisation_id))).decode()
    hook = await plans.lock_hook(work.session, organisation_id)
    if hook is None:
        hook = PlanHook(organisation_id=organisation_id, secret=sealed, made_at=work.now)
        work.session.add(hook)
    else:
        hook.former_secret, hook.former_until = hook.secret, work.now + FORMER_HOLDS
        hook.secret, hook.made_at = sealed, work.now
    await work.session.flush()
    timeline.record(work, "organisation", organisation_id, "secret for plans made")
    return hook


async def end(work: Work, organisation_id: UUID) -> None:
    """Nothing that the installer's system sends is taken any more; ending it twice changes nothing."""
    hook = await plans.lock_hook(work.session, organisation_id)
    if hook is not None:
        await work.session.delete(hook)
        timeline.record(work, "organisation", organisation_id, "secret for plans ended")


async def secrets_of(work: Work, keys: KeyRing, organisation_id: UUID) -> Sequence[str]:
    """What the installer's system may sign with now; none where it has no way in."""
    hook = await plans.hook(work.session, organisation_id)
    if hook is None:
        return []
    former = hook.former_secret if hook.former_until and work.now < hook.former_until else None
    return [_open(keys, organisation_id, sealed) for sealed in (hook.secret, former) if sealed is not None]


async def caller_of(work: Work, organisation_id: UUID) -> Actor:
    """Under whose name the installer's own system acts. Raises NotFound."""
    organisation = await access.organisation(work.session, organisation_id, EVERYTHING)
    if organisation is None:
        raise NotFound("There is no such organisation")
    return Actor(id=None, name=f"{organisation.name} (own system)", organisation_id=organisation_id)


def _open(keys: KeyRing, organisation_id: UUID, sealed: str) -> str:
    return keys.decrypt(base64.b64decode(sealed), _context(organisation_id)).decode()


def _context(organisation_id: UUID) -> bytes:
    return f"plan hook:{organisation_id}".encode()
