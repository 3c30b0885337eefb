"""Makes one run of several: of the shards into which its scenarios were cut."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from noetl_acceptance.conformance.proven import rows_in_words
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import FIGURES_FILE, Figures, read_figures
from noetl_acceptance.evidence.judgements import Judgement, read_judgements
from noetl_acceptance.evidence.results import RESULTS_FILE, THE_RUN, ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.option_values import Shard, shard_of
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.support.settings_file import words_of_settings
from noetl_acceptance.support.signals import shielded

_BY_EXECUTION = ("executions", "probes", "timelines", "commands", "differences")
"""The folders of a run whose files are named by an execution, whichever shard it was in."""

_OF_A_SANDBOX = re.compile(r"(logs|cli)(-\d+)?")
"""The folders of a run that two shards have under the same name."""

_REMEDY = "give each shard of one run once: `noetl-acceptance shards` shows how it is cut"


@dataclass(frozen=True)
class _Part:
    """One of the runs: its folder, what it holds, and which shard it is."""

    folder: Path
    figures: Figures
    results: Sequence[ScenarioResult]
    judged: Mapping[str, list[Judgement]]
    shard: Shard | None

    @property
    def name(self) -> str:
        return f"shard-{self.shard.number}" if self.shard else ""


def merge(
    runs: Sequence[Path],
    folder: Path,
    *,
    again: Path | None = None,
    whole: bool = True,
    further: Iterable[ScenarioResult] = (),
) -> list[ScenarioResult]:
    """Make one run of several, in the order of the features.

    Args:
        runs: their folders, which stay as they are.
        folder: of the new run, made here.
        again: the folder of a run of some of the scenarios after that; its results stand in place
            of theirs, and tell why they did not pass at first.
        whole: whether each shard must be there.
        further: results that no run has; those of a scenario stand in place of the runs' own.

    Returns:
        The results of the new run.

    Raises:
        UsageError: the folder is there already; a run has not ended, or cannot be read; shards are
            missing or there twice; a scenario is in two runs, or none in any; the runs differ in
            the release, the sandbox, the commit, the pair or the options. No folder is left then.
    """
    parts = [_read(run) for run in runs]
    if whole:
        _require_each_shard(parts)
    _require_alike(parts)
    _require_once(parts)
    told = {_key(part, each): each for part in parts for each in part.results}
    wall = max(part.figures.wall for part in parts)
    if again is not None:
        parts.append(_read(again))
        told |= _second_attempts(told, parts[-1])
        wall += parts[-1].figures.wall
    further = list(further)
    instead = {each.location for each in further if each.location}
    kept = (each for each in told.values() if each.location not in instead)
    found = sorted([*kept, *further], key=_place)
    if not found:
        where = ", ".join(str(run) for run in runs)
        raise UsageError(f"no scenario ran in {where}", "give runs that have run something")
    with _made(folder):
        for number, part in enumerate(parts, start=1):
            _copy(part.folder, folder, part.name or f"run-{number}")
        evidence = Evidence(folder, _figures(parts, wall))
        for part in parts:
            evidence.judgements |= part.judged
        return evidence.write(found, rows_in_words)


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder, and take it away again if what is inside raises anything."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"{folder} cannot be made: {error.strerror}", "give another") from None
    try:
        yield
    except BaseException:
        with shielded():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _second_attempts(
    first: Mapping[str, ScenarioResult], second: _Part
) -> dict[str, ScenarioResult]:
    places = [(_key(second, each), each) for each in second.results]
    return {
        place: replace(each, earlier=first[place].reason) if place in first else each
        for place, each in places
    }


def _key(part: _Part, result: ScenarioResult) -> str:
    """Return what stands for a result; what is about a run is its own, whatever others tell."""
    return result.location or f"{part.folder}: {result.scenario}"


def _read(run: Path) -> _Part:
    require_run(run, FIGURES_FILE, RESULTS_FILE, remedy=_REMEDY)
    figures = read_figures(run)
    text = figures.options.get("shard", "off")
    try:
        shard = shard_of(text)
    except ValueError as error:
        told = f"{run / FIGURES_FILE}: shard={text} is not usable"
        raise UsageError(told, f"it takes {error}") from None
    return _Part(run, figures, results.read(run), read_judgements(run), shard)


def _require_each_shard(parts: Sequence[_Part]) -> None:
    shards = Counter(part.shard for part in parts if part.shard)
    if not shards:
        return
    if without := next((part for part in parts if not part.shard), None):
        raise UsageError(f"{without.folder} is no shard, and the others are", _REMEDY)
    counts = {shard.count for shard in shards}
    if len(counts) > 1:
        told = ", ".join(sorted(map(str, shards)))
        raise UsageError(f"shards of different cuts: {told}", _REMEDY)
    count = counts.pop()
    wanted = [Shard(number, count) for number in range(1, count + 1)]
    if missing := [str(shard) for shard in wanted if shard not in shards]:
        raise UsageError(f"missing: shard {', '.join(missing)}", _REMEDY)
    if twice := [str(shard) for shard in wanted if shards[shard] > 1]:
        raise UsageError(f"there more than once: shard {', '.join(twice)}", _REMEDY)


def _options(figures: Figures) -> str:
    told = {key: value for key, value in figures.options.items() if key not in PLACEMENT}
    return " ".join(f"-D {key}={value}" for key, value in sorted(told.items())) or "no options"


_ALIKE: dict[str, Callable[[Figures], str]] = {
    "NoETL": lambda figures: " ".join(filter(None, (figures.noetl, figures.origin))),
    "sandbox": lambda figures: figures.sandbox,
    "commit": lambda figures: figures.commit,
    "pair": lambda figures: figures.pair,
    "options": _options,
    "settings": lambda figures: words_of_settings(figures.settings),
}
"""What the shards of one run have in common; what is empty was not found out by that shard."""


def _require_alike(parts: Sequence[_Part]) -> None:
    for what, read in _ALIKE.items():
        told: dict[str, Path] = {}
        for part in parts:
            if value := read(part.figures):
                told.setdefault(value, part.folder)
        if len(told) > 1:
            (one, first), (other, second), *_ = told.items()
            raise UsageError(f"{what}: {first} has {one}, {second} has {other}", _REMEDY)


def _require_once(parts: Sequence[_Part]) -> None:
    seen: dict[str, Path] = {}
    for part in parts:
        for location in {each.location for each in part.results if each.location}:
            if location in seen:
                raise UsageError(
                    f"{location} is in both {seen[location]} and {part.folder}", _REMEDY
                )
            seen[location] = part.folder


def _copy(run: Path, folder: Path, name: str) -> None:
    for place in sorted(path for path in run.iterdir() if path.is_dir()):
        if place.name in _BY_EXECUTION:
            (folder / place.name).mkdir(exist_ok=True)
            for file in place.iterdir():
                if (folder / place.name / file.name).exists():
                    raise UsageError(f"two runs have {place.name}/{file.name}", _REMEDY)
                shutil.copy2(file, folder / place.name)
        elif _OF_A_SANDBOX.fullmatch(place.name):
            shutil.copytree(place, folder / name / place.name)


def _figures(parts: Sequence[_Part], wall: float) -> Figures:
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
            "lanes": [each.wall for each in every],
            "executions": [execution for each in every for execution in each.executions],
        }
    )


def _place(result: ScenarioResult) -> tuple[bool, str, int]:
    """Sort by file and line; what is about the run comes last."""
    file, _, line = result.location.rpartition(":")
    return result.feature == THE_RUN, file, int(line) if line.isdecimal() else 0
