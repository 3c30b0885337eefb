"""How long a run took and what it cost: ``figures.json`` in the run's folder."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Annotated

import psutil
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from noetl_acceptance.evidence.commit import current_commit
from noetl_acceptance.evidence.store import read_file
from noetl_acceptance.model.file_schemas import FIGURES

FIGURES_FILE = "figures.json"


def utc_now() -> str:
    """Return the time of day as ``2026-11-24T08:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class ExecutionFigures(BaseModel):
    """One execution; seconds.

    ``duration`` runs from the request to the terminal event's own time in the event log, and
    ``verdict`` from there to the end of the first scenario that judged it.
    """

    execution_id: str
    workload: str
    duration: float
    verdict: float | None = None


class Figures(BaseModel):
    """One behave run; seconds.

    ``when`` (UTC) and ``commit`` are of the run's start, ``options`` those not at their default;
    ``origin`` says where NoETL's code came from if not from a release, ``settings`` are those of
    NoETL that are the user's own, without what may be secret, ``cli`` is the
    release of NoETL's command line where one ran, ``pair`` a digest of the playbooks. ``ready`` is
    from the start of the first service to the moment when all answer and every worker has
    subscribed; ``wall``
    and ``cpu`` are of behave's own process from its start to the end of the run (no service, no
    child process), ``memory`` is the most that it had of its own, in bytes; ``evidence`` is what of
    ``wall`` went into writing the run's folder, ``size`` is what that holds, in bytes.
    ``bring_ups`` has the seconds until each sandbox was ready, and ``lanes`` the wall seconds of
    each lane of a run that had several. ``selected`` says of a shard where all scenarios stand of
    which it is a part, in the order in which they are to run.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(FIGURES.check)] = FIGURES.field()
    when: str = Field(default_factory=utc_now)
    commit: str = Field(default_factory=current_commit)
    options: dict[str, str] = Field(default_factory=dict)
    sandbox: str = ""
    noetl: str = ""
    origin: str = ""
    settings: dict[str, str] = Field(default_factory=dict)
    cli: str = ""
    pair: str = ""
    workers: int = 0
    ready: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    evidence: float = 0.0
    size: int = 0
    bring_ups: list[float] = Field(default_factory=list)
    lanes: list[float] = Field(default_factory=list)
    selected: list[str] = Field(default_factory=list)
    executions: list[ExecutionFigures] = Field(default_factory=list)

    @property
    def lane_seconds(self) -> float:
        """The wall seconds of all lanes together."""
        return sum(self.lanes) or self.wall

    @property
    def overhead(self) -> float:
        """The seconds of the run beyond the executions' own durations."""
        return self.wall - sum(each.duration for each in self.executions)


def process_seconds() -> tuple[float, float]:
    """Return the wall and the CPU seconds of this process since it began, its imports included."""
    return time.time() - psutil.Process().create_time(), time.process_time()


def peak_memory() -> int:
    """Return the most memory that this process has had so far, in bytes, none of a child's."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def write_figures(figures: Figures, folder: Path) -> None:
    """Write the figures into a run's folder."""
    (folder / FIGURES_FILE).write_text(figures.model_dump_json(indent=1), encoding="utf-8")


def read_figures(folder: Path) -> Figures:
    """Read the figures from a run's folder.

    Raises:
        UsageError: they cannot be read.
    """
    return read_file(folder / FIGURES_FILE, Figures.model_validate_json)
