"""A person's decision on its way to its process; where it is refused, that goes on record (rule 2)."""

from uuid import UUID

from api.auth.access import Access
from models.errors import BusinessError, ProcessNotReady
from models.messages.base import Decision
from models.usecases import timeline
from workflows.decisions import decide


async def put(
    access: Access,
    workflow_id: str,
    name: str,
    decision: Decision,
    *,
    subject: str,
    subject_id: UUID,
    placement_id: UUID | None,
) -> None:
    """Returns when the decision is carried out. ``name`` is the Update's; ``subject`` is what it is about.

    Raises what the process refuses it with, ProcessEnded, ProcessNotReady.
    """
    services = access.services
    try:
        await decide(services.temporal, services.desk, workflow_id, name, decision)
    except ProcessNotReady:
        raise
    except BusinessError as error:
        async with access.work() as work:
            timeline.record(
                work,
                subject,
                subject_id,
                name.replace("_", " "),
                placement_id=placement_id,
                why=error.detail,
                refused=True,
                code=error.code,
            )
        error.on_record = True
        raise
