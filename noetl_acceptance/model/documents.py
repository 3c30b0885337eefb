"""The editions of the fixture's documents: the paths and the default sizes that each gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from noetl_acceptance.model.request import Workload

EditionName = Literal["v2.8.5", "2026-09"]
"""By when they were kept so: with NoETL 2.8.5, and in September 2026."""


@dataclass(frozen=True, slots=True)
class DocumentsEdition:
    """What an edition of the documents promises of the pair, and a pair cannot choose.

    Args:
        folder: where the catalog paths begin.
        workload: the sizes of an execution whose request names none.
    """

    folder: str
    workload: Workload

    @property
    def parent_path(self) -> str:
        """The parent's catalog path."""
        return f"{self.folder}/batch_execution/traveler_batch_enrichment_in_step"

    @property
    def worker_path(self) -> str:
        """The worker's catalog path."""
        return f"{self.folder}/batch_execution/traveler_batch_enrichment_chunk_worker"


DEFAULT: EditionName = "v2.8.5"

EDITIONS: Mapping[EditionName, DocumentsEdition] = {
    "v2.8.5": DocumentsEdition(
        "tests/fixtures/playbooks", Workload(seed_rows=2000, batch_size=100, max_batches=20)
    ),
    "2026-09": DocumentsEdition(
        "fixtures/playbooks", Workload(seed_rows=120, batch_size=30, max_batches=4)
    ),
}
