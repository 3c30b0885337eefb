"""What the parts of one run have left, and whether they are parts of the same run."""

from __future__ import annotations

import hashlib
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.conditions import CONDITIONS, settings_in_words
from noetl_acceptance.evidence.figures import FIGURES_FILE, Figures, read_figures
from noetl_acceptance.evidence.judgements import Judgement, read_judgements
from noetl_acceptance.evidence.rerun import defines
from noetl_acceptance.evidence.results import RESULTS_FILE, ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.model.wording import counted
from noetl_acceptance.option_values import Shard, shard_of
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.orchestration.same_ids import told_apart

REMEDY = "give each shard of one run once: `noetl-acceptance shards` shows how it is cut"


@dataclass(frozen=True)
class Part:
    """One of the runs: its folder, its place among them from 1, what it holds, which shard it is.

    ``source`` has what is copied of it: the folder, or a copy in which executions have other ids.
    ``torn`` says that not all of it can be read.
    """

    folder: Path
    number: int
    source: Path
    figures: Figures
    results: Sequence[ScenarioResult]
    judged: Mapping[str, list[Judgement]]
    shard: Shard | None
    torn: bool = False

    @property
    def name(self) -> str:
        """What its own folders are put into."""
        return f"shard-{self.shard.number}" if self.shard else f"run-{self.number}"


def read_part(run: Path, number: int) -> Part:
    """Read a run.

    Args:
        run: its folder.
        number: its place among the runs, from 1.

    Raises:
        UsageError: it has not ended, or cannot be read.
    """
    require_run(run, FIGURES_FILE, RESULTS_FILE, remedy=REMEDY)
    figures = read_figures(run)
    text = figures.options.get("shard", "off")
    try:
        shard = shard_of(text)
    except ValueError as error:
        told = f"{run / FIGURES_FILE}: shard={text} is not usable"
        raise UsageError(told, f"it takes {error}") from None
    return Part(run, number, run, figures, results.read(run), read_judgements(run), shard)


def read_parts(runs: Sequence[Path]) -> list[Part]:
    """Read runs that are to become one.

    Raises:
        UsageError: one is given twice, has not ended, or cannot be read; it names the shards that
            the others lack.
    """
    given: dict[Path, Path] = {}
    for run in runs:
        if other := given.get(run.resolve()):
            told = f"{run} was given twice" if run == other else f"{run} is {other} once more"
            raise UsageError(told, REMEDY)
        given[run.resolve()] = run
    parts, refused = list[Part](), list[UsageError]()
    for number, run in enumerate(runs, start=1):
        try:
            parts.append(read_part(run, number))
        except UsageError as error:
            refused.append(error)
    if refused:
        lacking = [str(shard) for shard in _missing_shards(parts)]
        more = f"; the others lack shard {', '.join(lacking)}" if lacking else ""
        raise UsageError(f"{refused[0].cause}{more}", refused[0].remedy)
    return parts


def read_torn(run: Path, number: int) -> Part:
    """Read of a run what can be read, its results above all; as ``read_part``."""
    figures, found = Figures(), list[ScenarioResult]()
    with suppress(UsageError):
        figures = read_figures(run)
    with suppress(UsageError):
        found = results.read(run)
    return Part(run, number, run, figures, found, {}, None, torn=True)


def with_own_ids(parts: Sequence[Part], scratch: Callable[[], Path]) -> list[Part]:
    """Return parts of which no two have an execution of the same id; as ``told_apart``."""
    sources = told_apart([part.folder for part in parts], scratch)
    found = []
    for part, source in zip(parts, sources, strict=True):
        if source != part.folder:
            read = read_torn if part.torn else read_part
            found.append(replace(read(source, part.number), folder=part.folder))
        else:
            found.append(part)
    return found


def require_each_shard(parts: Sequence[Part]) -> None:
    """Refuse parts of which a shard is missing or there twice, or a scenario is in none.

    Raises:
        UsageError: names the first of them.
    """
    shards = Counter(part.shard for part in parts if part.shard)
    if not shards:
        return
    if without := next((part for part in parts if not part.shard), None):
        raise UsageError(f"{without.folder} is not a shard, but the others are", REMEDY)
    counts = {shard.count for shard in shards}
    if len(counts) > 1:
        told = ", ".join(sorted(map(str, shards)))
        raise UsageError(f"shards of different cuts: {told}", REMEDY)
    if missing := [str(shard) for shard in _missing_shards(parts)]:
        raise UsageError(f"the run of shard {', '.join(missing)} is missing", REMEDY)
    if twice := sorted((each for each in shards if shards[each] > 1), key=lambda each: each.number):
        raise UsageError(f"shard {', '.join(map(str, twice))} was given more than once", REMEDY)
    held = {each.location for part in parts for each in part.results}
    if gone := [each for each in selected_in(parts) if each not in held]:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise UsageError(
            f"in none of the shards: {gone[0]}{more}", "cut all shards at the same commit"
        )


def _missing_shards(parts: Sequence[Part]) -> list[Shard]:
    """Return the shards that parts lack; none where they are not of one cut."""
    shards = {part.shard for part in parts if part.shard}
    if len({shard.count for shard in shards}) != 1:
        return []
    count = next(iter(shards)).count
    return [
        shard for number in range(1, count + 1) if (shard := Shard(number, count)) not in shards
    ]


def selected_in(parts: Sequence[Part]) -> Sequence[str]:
    """Return where the scenarios stand of which the parts are shards; empty where none tells."""
    return next((part.figures.selected for part in parts if part.figures.selected), ())


_PLACES = {"playbooks": "pair", "noetl": "origin", "noetl_settings": "settings"}
"""The options that name a place on a machine, and which figures tell what was there."""


def _options(parts: Sequence[Part]) -> Callable[[Figures], str]:
    """Return what reads the options of a part, without places whose content parts tell."""
    told = {
        key
        for key, figure in _PLACES.items()
        if any(getattr(part.figures, figure) for part in parts)
    }

    def read(figures: Figures) -> str:
        options = sorted(figures.options.items())
        compared = [each for each in options if each[0] not in PLACEMENT and each[0] not in told]
        return shlex.join(defines(dict(compared))) or "no options"

    return read


def _selection(figures: Figures) -> str:
    digest = hashlib.sha256("\n".join(figures.selected).encode()).hexdigest()[:7]
    count = counted(len(figures.selected), "scenario")
    return f"a part of {count} (digest {digest})" if figures.selected else ""


def require_alike(parts: Sequence[Part]) -> None:
    """Refuse parts that are not of the same run.

    Raises:
        UsageError: says in what they differ.
    """
    whole = [part for part in parts if not part.torn]
    alike = {
        **CONDITIONS,
        "options": _options(whole),
        "settings": settings_in_words,
        "selection": _selection,
    }
    for what, read in alike.items():
        told: dict[str, Path] = {}
        for part in whole:
            if value := read(part.figures):
                told.setdefault(value, part.folder)
        if len(told) > 1:
            (one, first), (other, second), *_ = told.items()
            raise UsageError(f"{what}: {first} has {one}, {second} has {other}", REMEDY)


def require_once(parts: Sequence[Part]) -> None:
    """Refuse parts two of which have the same scenario.

    Raises:
        UsageError: names it.
    """
    seen: dict[str, Path] = {}
    for part in parts:
        for location in {each.location for each in part.results if each.location}:
            if location in seen:
                raise UsageError(
                    f"{location} is in both {seen[location]} and {part.folder}", REMEDY
                )
            seen[location] = part.folder
