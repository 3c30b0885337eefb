"""Tells executions of two runs apart to which two NoETLs have given the same id.

An id says when it was made, to a millisecond: two sandboxes side by side may make the same one.
"""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from noetl_acceptance.evidence.figures import FIGURES_FILE
from noetl_acceptance.evidence.judgements import FILE as JUDGEMENTS_FILE
from noetl_acceptance.evidence.results import RESULTS_FILE
from noetl_acceptance.evidence.store import write_packed

BY_EXECUTION = ("executions", "probes", "timelines", "commands", "differences")
"""The folders of a run whose files are named by an execution."""

_TOLD = (FIGURES_FILE, JUDGEMENTS_FILE, RESULTS_FILE)


def told_apart(runs: Sequence[Path], scratch: Callable[[], Path]) -> list[Path]:
    """Return the runs, and for one with an id of an earlier one a copy in which it has another.

    The further one is ``ID-2`` if it is in the second run: where it stands by itself, in texts
    within texts NoETL's own stays.

    Args:
        runs: their folders, which stay as they are.
        scratch: makes an empty folder for a copy, to be kept as long as that is used; as a rule
            nobody needs one.

    Raises:
        OSError: a copy cannot be made.
    """
    taken: set[str] = set()
    apart = []
    for number, run in enumerate(runs, start=1):
        ids = {_id_of(file) for file in _files(run)}
        if twice := ids & taken:
            copy = scratch() / run.name
            shutil.copytree(run, copy)
            _rename(copy, {each: f"{each}-{number}" for each in twice})
            apart.append(copy)
        else:
            apart.append(run)
        taken |= ids
    return apart


def _files(run: Path) -> Iterator[Path]:
    for name in BY_EXECUTION:
        yield from run.glob(f"{name}/*")


def _id_of(file: Path) -> str:
    return file.name.partition(".")[0]


def _rename(run: Path, names: dict[str, str]) -> None:
    quoted = re.compile(f'"({"|".join(map(re.escape, names))})"')
    for file in [*_files(run), *(run / name for name in _TOLD)]:
        if ".json" in file.name and file.exists():
            _write(file, quoted.sub(lambda found: f'"{names[found[1]]}"', _read(file)))
        if new := names.get(_id_of(file)):
            file.rename(file.with_name(file.name.replace(_id_of(file), new, 1)))


def _read(file: Path) -> str:
    if file.suffix != ".gz":
        return file.read_text(encoding="utf-8")
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as packed:
        return packed.read()


def _write(file: Path, text: str) -> None:
    if file.suffix == ".gz":
        write_packed([text], file)
    else:
        file.write_text(text, encoding="utf-8")
