"""Crews: whom an installer, or the operator itself, can plan for a work order (P10)."""

from uuid import UUID

from models.errors import AlreadyExists, LimitReached, NotFound
from models.store import crews
from models.store.viewer import Viewer
from models.tables.crew import Crew
from models.usecases import timeline
from models.usecases.work import Work

CREWS_LIMIT = 500
"""For one organisation, those that are out of use included."""


async def add(work: Work, organisation_id: UUID, name: str) -> Crew:
    """Raises AlreadyExists, LimitReached."""
    if await crews.lock_named(work.session, organisation_id, name) is not None:
        raise AlreadyExists(f"There is a crew '{name}' already; enable it where it is out of use", field="/name")
    if await crews.count(work.session, organisation_id) >= CREWS_LIMIT:
        raise LimitReached(f"An organisation has at most {CREWS_LIMIT} crews; use one that is there again")
    crew = Crew(organisation_id=organisation_id, name=name)
    work.session.add(crew)
    await work.session.flush()
    await work.session.refresh(crew)
    timeline.record(work, "crew", crew.id, "crew added", name=name)
    return crew


async def disable(work: Work, crew_id: UUID, viewer: Viewer) -> Crew:
    """Nothing is planned for it from now on; what is planned stays. Raises NotFound."""
    crew = await _crew(work, crew_id, viewer)
    if crew.disabled_at is None:
        crew.disabled_at = work.now
        timeline.record(work, "crew", crew.id, "crew disabled", name=crew.name)
    return crew


async def enable(work: Work, crew_id: UUID, viewer: Viewer) -> Crew:
    """Raises NotFound."""
    crew = await _crew(work, crew_id, viewer)
    if crew.disabled_at is not None:
        crew.disabled_at = None
        timeline.record(work, "crew", crew.id, "crew enabled", name=crew.name)
    return crew


async def _crew(work: Work, crew_id: UUID, viewer: Viewer) -> Crew:
    crew = await crews.lock(work.session, crew_id, viewer)
    if crew is None:
        raise NotFound("There is no such crew in your organisation")
    return crew
