"""Whether a folder is that of a run, and holds what is asked of it."""

from __future__ import annotations

from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.ended import ENDED_FILE
from noetl_acceptance.evidence.figures import FIGURES_FILE
from noetl_acceptance.evidence.results import RESULTS_FILE

REMEDY = "give one below runs/"

_LEFT = (FIGURES_FILE, RESULTS_FILE, ENDED_FILE, "logs", "data", "data-*")
"""What a run leaves; the first two at its end, so that one which was killed has the others."""


def require_run(folder: Path, *files: str, remedy: str = REMEDY) -> None:
    """Refuse a folder that no run has left, or none that has ended.

    Args:
        folder: that the user has named.
        files: which are asked of it, of ``FIGURES_FILE`` and ``RESULTS_FILE``; the first by
            default.
        remedy: what the user can do about it.

    Raises:
        UsageError: one of them is not there.
    """
    missing = [name for name in files or (FIGURES_FILE,) if not (folder / name).is_file()]
    if not missing:
        return
    if any(True for name in _LEFT for _ in folder.glob(name)):
        raise UsageError(f"{folder} has no {missing[0]}: its run has not ended", remedy)
    raise UsageError(f"{folder} is not a folder of a run", remedy)
