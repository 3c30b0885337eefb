"""The committed results of full runs: docs/results/RELEASE-SANDBOX.json."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, BaseModel, ConfigDict

from noetl_acceptance.conformance.faults.fault_outcomes import LOSS_ROW, loss_in
from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.scenarios import Scenario, default_tags, scenarios_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.evidence.judgements import kinds_in, read_judgements
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.evidence.store import read_record
from noetl_acceptance.generations.editions import edition_for, is_rust
from noetl_acceptance.generations.rust import DRIVE
from noetl_acceptance.model.file_schemas import RELEASE_RESULTS, read_own, write_whole
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict.claims import case_name
from noetl_acceptance.verdict.known_deviations import chance_since, load_deviations

RECORDS = ROOT / "docs" / "results"

_REMEDY = "run the whole default set on a release: `.venv/bin/behave -D sandbox=… -D noetl=…`"
_FREE_OPTIONS = {"sandbox", "noetl", *PLACEMENT, "seed", "time-scale", "keep"}
"""What a run may be asked for and still be the release's own."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecordedScenario(_Data):
    """How one scenario, or one case of an outline, ended.

    ``verdict`` is as in a run's results.json; ``deviations`` are the names of those that it has
    shown, ``kinds`` those of all that was found, ``reason`` says why it was not judged.
    ``seconds`` is how long it took, for the first of those that share an execution that execution
    included. ``lost`` says which rows an execution that met a fault lost; it is empty where none is
    missing. ``when`` and ``commit`` are of its run, where that is another than the record's.
    """

    feature: str
    scenario: str
    verdict: str
    deviations: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    lost: str = ""
    when: str = ""
    commit: str = ""


class Record(_Data):
    """A full run: which NoETL, where, when (UTC), and how each scenario ended, in it or later.

    ``cli`` is the release of the command line that took part, empty where none did.
    """

    model_config = ConfigDict(serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(RELEASE_RESULTS.check)] = RELEASE_RESULTS.field()
    release: str
    sandbox: str
    when: str
    commit: str
    cli: str = ""
    scenarios: tuple[RecordedScenario, ...]

    @property
    def name(self) -> str:
        """What the record's file is called, without its ending."""
        return f"{re.sub('[ +]+', '-', self.release)}-{self.sandbox}"


def record_of(run: Path, scenarios: Sequence[Scenario]) -> Record:
    """Make the record of a run, green or not.

    Args:
        run: its folder.
        scenarios: those of the features, whose default set the run must hold.

    Raises:
        UsageError: as ``found_in``; or some scenario of the default set is not in it.
    """
    record = found_in(run)
    ran = {(each.feature, each.scenario) for each in record.scenarios}
    wanted = [(each.feature, case) for each in scenarios for case in each.default_cases]
    missing = [f"{feature}: {case}" for feature, case in wanted if (feature, case) not in ran]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise UsageError(f"not in {run}: {missing[0]}{more}", _REMEDY)
    return record


def found_in(run: Path) -> Record:
    """Return how the scenarios of a run ended, as many as there are.

    Raises:
        UsageError: the folder is none of a run, its sandbox was up before or did not come up, or it
            was not a release with the default options.
    """
    require_run(run)
    figures = read_figures(run)
    found, judged = results.read(run), read_judgements(run)
    if not figures.noetl:
        raise UsageError(f"the sandbox of {run} did not come up", _REMEDY)
    if figures.options.get("sandbox") == "attach":
        raise UsageError(f"{run} is of a sandbox that was up before", _REMEDY)
    changed = sorted(figures.options.keys() - _FREE_OPTIONS)
    if changed or figures.origin not in ("", DRIVE):
        what = ", ".join(f"-D {key}" for key in changed or ["noetl"])
        raise UsageError(f"{run} does not test a release as published: {what}", _REMEDY)
    ended = [
        RecordedScenario(
            feature=Path(result.location.rpartition(":")[0]).stem,
            scenario=case_name(result.scenario),
            verdict=_verdict(result),
            deviations=result.deviations,
            kinds=kinds_in(judged.get(result.location, ())),
            reason=result.reason if result.verdict == "skipped" else "",
            seconds=round(result.seconds, 1),
            lost=_lost(run, result),
        )
        for result in found
        if result.feature != results.THE_RUN and result.reason not in results.NOT_RUN
    ]
    return Record(
        release=figures.noetl,
        sandbox=figures.sandbox,
        when=figures.when,
        commit=figures.commit,
        cli=figures.cli,
        scenarios=tuple(sorted(ended, key=lambda each: (each.feature, each.scenario))),
    )


def _verdict(result: results.ScenarioResult) -> str:
    """Return how a scenario ended, by the deviations as they are recorded now."""
    if result.verdict != "product" or not chance_since(result.reason, load_deviations()):
        return result.verdict
    return "deviates" if result.deviations else "passed"


def _lost(run: Path, result: results.ScenarioResult) -> str:
    """Return which rows were lost by the execution that met a fault, where that is judged."""
    if LOSS_ROW not in result.rows:
        return ""
    judged = (read_record(run, each) for each in result.executions)
    return "; ".join(filter(None, (loss_in(each) for each in judged if _met_fault(each))))


def _met_fault(record: ExecutionRecord | ProbeRecord) -> TypeGuard[ExecutionRecord]:
    return isinstance(record, ExecutionRecord) and record.request.fault is not None


def record_run(run: Path) -> Path:
    """Record a run of the features as they stand, and return the record's file.

    Raises:
        UsageError: as ``record_of``.
    """
    return write_record(record_of(run, scenarios_of(read_features(), default_tags())))


def write_record(record: Record, folder: Path = RECORDS) -> Path:
    """Write a record, one scenario a line, over the one of the same release and sandbox."""
    head = record.model_dump(mode="json", exclude={"scenarios"})
    lines = [
        json.dumps(each.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
        for each in record.scenarios
    ]
    told = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    file = folder / f"{record.name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    listed = ",\n  ".join(lines)
    write_whole(f'{told},\n "scenarios": [\n  {listed}\n ]\n}}\n', file)
    return file


def read_records(folder: Path = RECORDS) -> list[Record]:
    """Read all records, by release and sandbox; none where the folder is not there.

    Raises:
        UsageError: one cannot be read, or is newer or older than what can; names the file.
    """
    records = [read_own(file, Record.model_validate_json) for file in folder.glob("*.json")]
    return sorted(records, key=lambda each: (release_order(each.release), each.sandbox))


def recorded_durations(
    records: Sequence[Record], noetl: str, sandbox: str
) -> dict[tuple[str, str], float]:
    """Return how long scenarios take, in seconds.

    As the record has it of this NoETL on this sandbox, or of the newest one there that the same
    edition of the pair goes with; what that lacks, as all records have it in the mean.

    Args:
        records: in the order of releases.
        noetl: as it is asked for.
        sandbox: the kind.

    Returns:
        It by feature and scenario, as records name them.
    """
    told: dict[tuple[str, str], list[float]] = {}
    for each in (scenario for record in records for scenario in record.scenarios):
        told.setdefault((each.feature, each.scenario), []).append(each.seconds)
    mean = {key: sum(seconds) / len(seconds) for key, seconds in told.items()}
    edition = edition_for(noetl)
    near = [
        each for each in records if each.sandbox == sandbox and edition_for(each.release) == edition
    ]
    near.sort(key=lambda each: _numbers(each.release) == _numbers(noetl))
    own = near[-1].scenarios if near else ()
    return mean | {(each.feature, each.scenario): each.seconds for each in own}


def _numbers(noetl: str) -> list[str]:
    """Return what is alike in ``rust:1.2.3+4.5.6`` and in the version ``rust 1.2.3 + 4.5.6``."""
    return re.findall(r"\w+", noetl)


def release_order(release: str) -> tuple[bool, list[tuple[int, str]]]:
    """Return what releases are sorted by: the Rust stack's come last."""
    parts = re.split(r"[ .]", release)
    numbers = [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
    return is_rust(release), numbers
