"""The records of a run's executions on disk: JSON, compressed, one file each."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import to_json

from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.file_schemas import fault_in, naming
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import FrozenModel

EXECUTIONS = "executions"
PROBES = "probes"
ENDING = ".json.gz"

_PART = 1024 * 1024
"""About how many characters of a record are in memory as text at a time."""

_WITHOUT_TEXT = frozenset({type(None), bool, int, float})

MOST_WORDS = 200
"""The longest reason, in characters, that is told of a file that cannot be read."""

Kind = TypeVar("Kind", ExecutionRecord, ProbeRecord)
Parsed = TypeVar("Parsed")


def write_record(record: ExecutionRecord | ProbeRecord, folder: Path) -> None:
    """Write the record of an execution, named by its id.

    Args:
        record: of it.
        folder: of the run, with one of ``EXECUTIONS`` and ``PROBES``.
    """
    folder.mkdir(exist_ok=True)
    write_packed(in_parts(record), folder / f"{record.execution_id}{ENDING}")


def in_parts(record: FrozenModel) -> Iterator[str]:
    """Yield a record as JSON, in parts that break no text of it apart.

    All of it in one text takes four times its length, where a name has letters of other planes.
    """
    held: list[str] = []
    size = 0
    for piece in _pieces(record):
        held.append(piece)
        size += len(piece)
        if size >= _PART:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)


def _pieces(record: FrozenModel) -> Iterator[str]:
    for number, (name, value) in enumerate(record):
        key = type(record).model_fields[name].alias or name
        yield f'{"," if number else "{"}"{key}":'
        if isinstance(value, FrozenModel):
            yield from _pieces(value)
        elif isinstance(value, tuple):
            yield "["
            for place, each in enumerate(value):
                yield f"{',' if place else ''}{_json(each)}"
            yield "]"
        else:
            yield _json(value)
    yield "}"


def _json(value: Any) -> str:
    return to_json(value, inf_nan_mode="null").decode()


def texts_in(data: Any) -> set[str]:
    """Return the texts in what can be written as JSON; keys of mappings included."""
    found: set[str] = set()
    waiting: list[Iterable[Any]] = [(data,)]
    while waiting:
        for each in waiting.pop():
            kind = type(each)
            if kind is str:
                found.add(each)
            elif kind is dict:
                waiting += (each, each.values())
            elif kind is list or kind is tuple:
                waiting.append(each)
            elif kind not in _WITHOUT_TEXT:
                model = isinstance(each, FrozenModel)
                waiting.append(vars(each).values() if model else (_json(each),))
    return found


def write_packed(pieces: Iterable[str], file: Path) -> None:
    """Write text piece by piece, compressed; the same text is the same file.

    Raises:
        OSError: it cannot be written; nothing of it is left.
    """
    try:
        _write(pieces, file)
    except OSError:
        file.unlink(missing_ok=True)
        raise


def _write(pieces: Iterable[str], file: Path) -> None:
    with (
        file.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=4, fileobj=raw, mtime=0) as packed,
        io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as text,
    ):
        text.writelines(pieces)


def read_executions(folder: Path) -> dict[str, ExecutionRecord]:
    """Return the recorded executions of a run by their ids, oldest first.

    Raises:
        UsageError: a record cannot be read.
    """
    records = _records(folder / EXECUTIONS, ExecutionRecord)
    return {
        record.execution_id: record
        for record in sorted(records, key=lambda record: record.started_at)
    }


def read_probes(folder: Path) -> dict[str, ProbeRecord]:
    """Return the recorded probes of a run by their execution's ids; as ``read_executions``."""
    return {probe.execution_id: probe for probe in _records(folder / PROBES, ProbeRecord)}


def read_record(folder: Path, execution_id: str) -> ExecutionRecord | ProbeRecord:
    """Return one recorded execution of a run, or probe; as ``read_executions``."""
    name = f"{execution_id}{ENDING}"
    probe = folder / PROBES / name
    if probe.exists():
        return read_file(probe, ProbeRecord.model_validate_json)
    return read_file(folder / EXECUTIONS / name, ExecutionRecord.model_validate_json)


def _records(folder: Path, kind: type[Kind]) -> list[Kind]:
    """Read the records in a folder, which may also lie there as plain JSON.

    Raises:
        UsageError: the folder or a record cannot be read.
    """
    try:
        held = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        told = f"{folder} cannot be read: {error.strerror}"
        raise UsageError(told, "check its permissions and its disk") from None
    files = [each for each in held if each.name.endswith((ENDING, ".json"))]
    return [read_file(file, kind.model_validate_json) for file in files]


def files_of(folder: Path) -> list[Path]:
    """Return the files that a run has left in its folder: without the data of a kept sandbox."""
    parts = [part for part in folder.iterdir() if not re.fullmatch(r"data(-\d+)?", part.name)]
    return sorted(file for part in parts for file in [part, *part.rglob("*")] if file.is_file())


def read_file(file: Path, parse: Callable[[bytes], Parsed]) -> Parsed:
    """Read a file of a run's folder.

    Args:
        file: compressed where its name ends in ``.gz``.
        parse: makes of its content what it holds; a ValueError says that it cannot.

    Raises:
        UsageError: it cannot be read, or is newer or older than what can; names the file.
    """
    try:
        content = file.read_bytes()
        with naming(file):
            return parse(gzip.decompress(content) if file.suffix == ".gz" else content)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        why = fault_in(error)[:MOST_WORDS]
        raise UsageError(f"{file} cannot be read: {why}", "give a whole run's folder") from None
