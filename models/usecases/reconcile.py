"""Reconciling: every proof is looked at over the whole database, as it stood at one instant (B8)."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.errors import InvalidInput
from models.store import reconcile
from models.store.database import Database
from models.store.reconcile import PROOFS, Proof

ROWS_KEPT = 100
"""Of each proof; all of them are counted."""


@dataclass
class Finding:
    """What came of one proof."""

    proof: Proof
    count: int = 0
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    """The first of those that break it."""

    @property
    def holds(self) -> bool:
        return self.count == 0


async def prove(
    database: Database,
    only: Collection[str] = (),
    watch: Callable[[Proof], None] = lambda _: None,
    kept: int = ROWS_KEPT,
) -> Sequence[Finding]:
    """Every proof, or those that are named; ``watch`` hears of each before it begins. Raises InvalidInput."""
    names = {proof.name for proof in PROOFS}
    if unknown := set(only) - names:
        known = ", ".join(sorted(names))
        raise InvalidInput(f"There is no proof '{min(unknown)}'; there are: {known}")
    findings = []
    async with reconcile.at_one_instant(database) as session:
        for proof in PROOFS:
            if not only or proof.name in only:
                watch(proof)
                finding = Finding(proof)
                async for row in reconcile.breaking(session, proof):
                    finding.count += 1
                    if finding.count <= kept:
                        finding.rows.append(row)
                findings.append(finding)
    return findings
