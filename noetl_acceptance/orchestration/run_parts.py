"""What the parts of one run have left, and whether they are parts of the same run."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.figures import FIGURES_FILE, Figures, read_figures
from noetl_acceptance.evidence.judgements import Judgement, read_judgements
from noetl_acceptance.evidence.results import RESULTS_FILE, ScenarioResult
from noetl_acceptance.evidence.run_folders import require_run
from noetl_acceptance.model.wording import counted
from noetl_acceptance.option_values import Shard, shard_of
from noetl_acceptance.options import PLACEMENT
from noetl_acceptance.support.settings_file import words_of_settings

REMEDY = "give each shard of one run once: `noetl-acceptance shards` shows how it is cut"


@dataclass(frozen=True)
class Part:
    """One of the runs: its folder, what it holds, and which shard it is.

    ``torn`` says that not all of it can be read.
    """

    folder: Path
    figures: Figures
    results: Sequence[ScenarioResult]
    judged: Mapping[str, list[Judgement]]
    shard: Shard | None
    torn: bool = False

    @property
    def name(self) -> str:
        """What its own folders are put into; empty where it is no shard."""
        return f"shard-{self.shard.number}" if self.shard else ""


def read_part(run: Path) -> Part:
    """Read a run.

    Args:
        run: its folder.

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
    return Part(run, figures, results.read(run), read_judgements(run), shard)


def read_torn(run: Path) -> Part:
    """Read of a run what can be read: its results above all."""
    figures, found = Figures(), list[ScenarioResult]()
    with suppress(UsageError):
        figures = read_figures(run)
    with suppress(UsageError):
        found = results.read(run)
    return Part(run, figures, found, {}, None, torn=True)


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
    count = counts.pop()
    wanted = [Shard(number, count) for number in range(1, count + 1)]
    if missing := [str(shard) for shard in wanted if shard not in shards]:
        raise UsageError(f"the run of shard {', '.join(missing)} is missing", REMEDY)
    if twice := [str(shard) for shard in wanted if shards[shard] > 1]:
        raise UsageError(f"shard {', '.join(twice)} was given more than once", REMEDY)
    held = {each.location for part in parts for each in part.results}
    if gone := [each for each in selected_in(parts) if each not in held]:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise UsageError(
            f"in none of the shards: {gone[0]}{more}", "cut all shards at the same commit"
        )


def selected_in(parts: Sequence[Part]) -> Sequence[str]:
    """Return where the scenarios stand of which the parts are shards; empty where none tells."""
    return next((part.figures.selected for part in parts if part.figures.selected), ())


def _options(figures: Figures) -> str:
    told = {key: value for key, value in figures.options.items() if key not in PLACEMENT}
    return " ".join(f"-D {key}={value}" for key, value in sorted(told.items())) or "no options"


def _selection(figures: Figures) -> str:
    digest = hashlib.sha256("\n".join(figures.selected).encode()).hexdigest()[:7]
    count = counted(len(figures.selected), "scenario")
    return f"a part of {count} (digest {digest})" if figures.selected else ""


_ALIKE: dict[str, Callable[[Figures], str]] = {
    "NoETL": lambda figures: " ".join(filter(None, (figures.noetl, figures.origin))),
    "command line": lambda figures: figures.cli,
    "sandbox": lambda figures: figures.sandbox,
    "commit": lambda figures: figures.commit,
    "pair": lambda figures: figures.pair,
    "options": _options,
    "settings": lambda figures: words_of_settings(figures.settings),
    "selection": _selection,
}
"""What the parts of one run have in common; what is empty was not found out by that part."""


def require_alike(parts: Sequence[Part]) -> None:
    """Refuse parts that are not of the same run.

    Raises:
        UsageError: says in what they differ.
    """
    for what, read in _ALIKE.items():
        told: dict[str, Path] = {}
        for part in parts:
            if not part.torn and (value := read(part.figures)):
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
