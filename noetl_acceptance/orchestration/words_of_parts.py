"""What the parts of a run say, in the words that are right in the merged run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.neutral import neutral, places_of
from noetl_acceptance.evidence.results import ScenarioResult, reworded
from noetl_acceptance.evidence.run_summary import words_for_places
from noetl_acceptance.orchestration.run_parts import Part

_SEE_LOG = re.compile(r"see (?=(?:(?:shard|run)-\d+/)*logs/)")
"""How a remedy begins that names a service's log, in a run or in one that is merged already."""


def places_beyond(parts: Sequence[Part], figures: Figures, folder: Path) -> dict[str, str]:
    """Return the words for places of the parts of which the merged run knows nothing, by paths.

    Args:
        parts: of the run; they may come from other machines.
        figures: of the merged run.
        folder: the merged run's.
    """
    known = [Path(path) for path in places_of(figures, folder)]
    return {
        path: f"RUN/{part.name}" if word == "RUN" else word
        for part in parts
        for path, word in words_for_places(part.figures, part.folder).items()
        if not any(Path(path).is_relative_to(place) for place in known)
    }


def results_in_merged_run(part: Part, places: Mapping[str, str]) -> list[ScenarioResult]:
    """Return the results of a part; logs stand where the merged run has them.

    Args:
        part: of the run.
        places: as ``places_beyond`` returns them.
    """

    def change(text: str) -> str:
        told = _SEE_LOG.sub(f"see {part.name}/", text)
        return neutral(told, places) if places else told

    return reworded(part.results, change)
