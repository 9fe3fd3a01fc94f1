"""Endpoints are switched off and on again; what waits for one that is off is given up (N)."""

from uuid import UUID

from models.errors import NotFound
from models.store import notices
from models.store.viewer import Viewer
from models.tables.notice import Endpoint
from models.usecases import timeline
from models.usecases.work import Work


async def find(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """Raises NotFound."""
    endpoint = await notices.lock_endpoint(work.session, endpoint_id, viewer)
    if endpoint is None:
        raise NotFound("There is no such endpoint")
    return endpoint


async def disable(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """Nothing goes there from now on. Raises NotFound."""
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.disabled_at is None:
        endpoint.disabled_at = work.now
        await notices.give_up_waiting(work.session, endpoint.id, "the endpoint was disabled")
        timeline.record(work, "endpoint", endpoint.id, "endpoint disabled")
    return endpoint


async def enable(work: Work, endpoint_id: UUID, viewer: Viewer) -> Endpoint:
    """What happens from now on goes there again. Raises NotFound."""
    endpoint = await find(work, endpoint_id, viewer)
    if endpoint.disabled_at is not None:
        endpoint.disabled_at = None
        timeline.record(work, "endpoint", endpoint.id, "endpoint enabled")
    return endpoint
