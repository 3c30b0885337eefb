"""Makes one run of several: of the shards into which its scenarios were cut."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from noetl_acceptance.conformance.proven import rows_in_words
from noetl_acceptance.errors import SandboxError, SuiteError, UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.late import met_clock_step
from noetl_acceptance.evidence.results import THE_RUN, ScenarioResult
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.orchestration.run_parts import (
    REMEDY,
    Part,
    read_part,
    read_parts,
    read_torn,
    require_alike,
    require_each_shard,
    require_once,
    selected_in,
    with_own_ids,
)
from noetl_acceptance.orchestration.same_ids import BY_EXECUTION
from noetl_acceptance.orchestration.words_of_parts import places_beyond, results_in_merged_run
from noetl_acceptance.support.signals import shielded
from noetl_acceptance.verdict import exit_codes

_OF_A_PART = re.compile(r"(logs|cli)(-\d+)?|(shard|run)-\d+")
"""The folders of a run that two shards have under the same name; the last are of a merged run."""

_ROOM = "make room on its disk; the runs that it was to hold have it"

_BESIDE = "what the lanes have left lies beside the run's folder"


def merge(
    runs: Sequence[Path],
    folder: Path,
    *,
    again: Path | None = None,
    further: Iterable[ScenarioResult] = (),
    order: Sequence[str] = (),
    strict: bool = True,
) -> list[ScenarioResult]:
    """Make one run of several.

    Args:
        runs: their folders, which stay as they are.
        folder: of the new run, made here.
        again: the folder of a run of some of the scenarios after that; its results stand in place
            of their failures, and tell why they did not pass at first.
        further: results that no run has; those of a scenario stand in place of the runs' own.
        order: where the scenarios stand, in their order; by default as the shards have it, else
            that of files and lines.
        strict: refuse runs of which something is amiss. If not, every result is kept, and what is
            amiss is a result of its own; the runs need not be all shards.

    Returns:
        The results of the new run.

    Raises:
        UsageError: the folder is there already, or nothing ran. If strict, also: a run has not
            ended, or cannot be read or copied; shards are missing or there twice; a scenario is in
            two runs, or in none; the runs differ in the release, the sandbox, the commit, the pair,
            the options or the selection. No folder is left then.
    """
    notes = list(further)
    every = [*runs, *([again] if again is not None else [])]
    parts = read_parts(every) if strict else _read(every, notes)
    with ExitStack() as stack:

        def scratch() -> Path:
            made = tempfile.TemporaryDirectory(
                prefix="noetl-acceptance-", ignore_cleanup_errors=True
            )
            return Path(stack.enter_context(made))

        with suppress(OSError, EOFError, ValueError):  # two of one id are told by the copying
            parts = with_own_ids(parts, scratch)
        return _merge(parts, len(runs), folder, notes, order, strict=strict)


def _merge(
    parts: Sequence[Part],
    count: int,
    folder: Path,
    notes: list[ScenarioResult],
    order: Sequence[str],
    *,
    strict: bool,
) -> list[ScenarioResult]:
    """Make one run of the first parts, as many as are counted, and of the second attempts."""
    runs, later = parts[:count], parts[count:]
    with _noting("the lanes", SuiteError, notes, strict=strict):
        if strict:
            require_each_shard(runs)
        require_alike(runs)
        require_once(runs)
    wall = max(part.figures.wall for part in runs) + sum(part.figures.wall for part in later)
    figures = _figures(parts, wall)
    places = places_beyond(parts, figures, folder)
    told = [each for part in runs for each in results_in_merged_run(part, places)]
    for second in later:
        attempts = results_in_merged_run(second, places)
        both = [*told, *attempts]
        with _noting("the second attempts", SuiteError, notes, strict=strict):
            require_alike(parts)
            both = _with_second_attempts(told, attempts)
        told = both
    instead = {each.location for each in notes if each.location}
    told = [each for each in told if each.location not in instead]
    if not (told or notes):
        where = ", ".join(str(part.folder) for part in runs)
        raise UsageError(f"no scenario ran in {where}", "give runs that have run something")
    with _made(folder, strict=strict):
        evidence = Evidence(folder, figures, places)
        copied = False
        with _noting("the evidence", SandboxError, notes, strict=strict):
            _copy_all(parts, folder)
            copied = True
        for part in parts if copied else ():
            evidence.judgements |= part.judged
        found = _sorted([*told, *notes], order or selected_in(runs))
        if not copied:  # nobody is to look for the records
            found = [replace(each, executions=()) for each in found]
        return evidence.write(found, rows_in_words)


def _read(runs: Sequence[Path], notes: list[ScenarioResult]) -> list[Part]:
    """Read of each run what can be read, and note what cannot."""
    parts = []
    for number, run in enumerate(runs, start=1):
        part = None
        with _noting("the evidence", SandboxError, notes, strict=False):
            part = read_part(run, number)
        parts.append(part or read_torn(run, number))
    return parts


@contextmanager
def _noting(
    place: str, kind: type[SandboxError | SuiteError], notes: list[ScenarioResult], *, strict: bool
) -> Iterator[None]:
    """Make a result of the run of what is refused inside, unless it is to be refused."""
    try:
        yield
    except UsageError as error:
        if strict:
            raise
        notes.append(results.of_the_run(place, kind(error.cause, _BESIDE)))


@contextmanager
def _made(folder: Path, *, strict: bool) -> Iterator[None]:
    """Make a folder, and take it away again if what is inside raises anything.

    If not strict, go on without it on a full disk.
    """
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        if strict or isinstance(error, FileExistsError):
            raise UsageError(f"{folder} cannot be made: {error.strerror}", "give another") from None
    try:
        yield
    except BaseException:
        with shielded():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _with_second_attempts(
    first: Sequence[ScenarioResult], second: Sequence[ScenarioResult]
) -> list[ScenarioResult]:
    """Return the results with each second attempt in place of the first that it is meant for.

    Of a scenario that failed twice, because it was named twice, both failures stay beside it.
    """
    spoiled: dict[str, list[ScenarioResult]] = {}
    for each in first:
        if each.location and (each.verdict in exit_codes.FAILED or met_clock_step(each)):
            spoiled.setdefault(each.location, []).append(each)
    meant = [spoiled.get(each.location, ()) for each in second]
    replaced = {id(each) for them in meant if len(them) == 1 for each in them}
    return [
        *(each for each in first if id(each) not in replaced),
        *(
            replace(each, earlier=them[0].reason) if len(them) == 1 else each
            for each, them in zip(second, meant, strict=True)
        ),
    ]


def _copy_all(parts: Sequence[Part], folder: Path) -> None:
    """Copy what the parts have recorded, all of it or nothing: the report needs whole records.

    Raises:
        UsageError: something cannot be copied.
    """
    try:
        for part in parts:
            _copy(part.source, folder, part.name)
    except (OSError, UsageError) as error:
        for place in folder.iterdir() if folder.exists() else ():
            shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, UsageError):
            raise
        # Of several errors, as copytree raises them, the first.
        why = error.strerror or error.args[0][0][-1]
        raise UsageError(f"the evidence cannot be copied to {folder}: {why}", _ROOM) from None


def _copy(run: Path, folder: Path, name: str) -> None:
    for place in sorted(path for path in run.iterdir() if path.is_dir()):
        if place.name in BY_EXECUTION:
            (folder / place.name).mkdir(exist_ok=True)
            for file in place.iterdir():
                if (folder / place.name / file.name).exists():
                    raise UsageError(f"two runs have {place.name}/{file.name}", REMEDY)
                shutil.copy2(file, folder / place.name)
        elif _OF_A_PART.fullmatch(place.name):
            shutil.copytree(place, folder / name / place.name)


def _figures(parts: Sequence[Part], wall: float) -> Figures:
    every = [part.figures for part in parts]
    first = next((each for each in every if each.noetl), every[0])
    return first.model_copy(
        update={
            "when": min(each.when for each in every),
            "cli": next((each.cli for each in every if each.cli), ""),
            "options": {k: v for k, v in first.options.items() if k not in PLACEMENT},
            "ready": max(each.ready for each in every),
            "wall": wall,
            "cpu": sum(each.cpu for each in every),
            "memory": max(each.memory for each in every),
            "evidence": sum(each.evidence for each in every),
            "bring_ups": [seconds for each in every for seconds in each.bring_ups],
            "lanes": [seconds for each in every for seconds in each.lanes or [each.wall]],
            "selected": [],
            "executions": [execution for each in every for execution in each.executions],
        }
    )


def _sorted(found: Iterable[ScenarioResult], order: Sequence[str]) -> list[ScenarioResult]:
    """Sort results into an order, else by file and line; what is about the run comes last."""
    places: dict[str, list[int]] = {}
    for number, location in enumerate(order):  # one that is named twice has two
        places.setdefault(location, []).append(number)

    def place(result: ScenarioResult) -> tuple[bool, int, str, int]:
        file, _, line = result.location.rpartition(":")
        left = places.get(result.location, [len(order)])
        number = left.pop(0) if len(left) > 1 else left[0]
        return result.feature == THE_RUN, number, file, int(line) if line.isdecimal() else 0

    return sorted(found, key=place)
