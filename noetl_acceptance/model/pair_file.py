"""``pair.yaml``: what a pair of playbooks says of itself, read with the places of its keys."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.documents import DEFAULT, EDITIONS, EditionName
from noetl_acceptance.model.file_schemas import KEY, PAIR, OtherSchemaError
from noetl_acceptance.model.yaml_files import documents_of, read_text

PAIR_FILE = "pair.yaml"

FIXED_STEPS = ("validate_persisted_results", "summarize", "end")
"""The steps whose names the documents fix: their queries and ``return_step`` look for them."""

Name = Annotated[str, StringConstraints(min_length=1)]

Keys = tuple[str, ...]
"""Where something stands in the file: the keys from the outermost to its own."""


class Names(BaseModel):
    """The names that the documents leave open; None says that the pair has no such thing.

    The defaults are the fixture's own. ``source_name`` is a column of ``traveler_batch_source``,
    ``call_traveler_id`` and ``call_traveler_name`` are parameters of the HTTP call, the others
    columns of ``traveler_batch_results``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_name: Name | None = "traveler_name"
    name: Name | None = "traveler_name"
    normalized_name: Name | None = "normalized_name"
    payload: Name | None = "profile_payload"
    reason: Name | None = "validation_error"
    hash: Name | None = "profile_hash"
    stored_at: Name | None = "processed_at"
    call_traveler_id: Name | None = "traveler_id"
    call_traveler_name: Name | None = "traveler_name"


class StepNames(BaseModel):
    """The pair's names for steps that the documents leave open; without one it is looked for.

    ``batches`` is the parent's loop that runs the worker, ``calls`` the worker's loop that calls
    the profile API.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    batches: Name | None = None
    calls: Name | None = None


class PairFile(BaseModel):
    """What ``pair.yaml`` holds.

    ``documents`` is the edition of the documents that the pair follows, ``worker`` the key of the
    parent's payload that has the worker's catalog path.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(PAIR.check)] = PAIR.field()
    documents: EditionName = DEFAULT
    names: Names = Names()
    steps: StepNames = StepNames()
    worker: Name | None = None


KNOWN: Mapping[Keys, Sequence[str]] = {
    (): (KEY, *(name for name in PairFile.model_fields if name != "schema_number")),
    ("names",): tuple(Names.model_fields),
    ("steps",): tuple(StepNames.model_fields),
}
"""The keys that each mapping of the file takes."""

_NULL = "tag:yaml.org,2002:null"

_NOUNS = {(): "key", ("names",): "name", ("steps",): "step"}


@dataclass(frozen=True, slots=True)
class ReadPairFile:
    """A ``pair.yaml`` that was read.

    Args:
        holds: what it holds.
        file: the file.
        marks: where each key stands; under no keys, where the file's mapping begins.
    """

    holds: PairFile
    file: Path
    marks: Mapping[Keys, yaml.Mark]

    def refuse(self, keys: Keys, what: str, remedy: str) -> UsageError:
        """Return the error about the value of a key."""
        return _refused(self.file, _mark(self.marks, keys), f"{'.'.join(keys)}: {what}", remedy)


def read_pair_file(file: Path) -> ReadPairFile:
    """Read a ``pair.yaml``; a folder without one has all defaults.

    Raises:
        UsageError: it is not valid YAML, empty, or holds what it should not, with line and column.
    """
    if not file.exists() and not file.is_symlink():
        return ReadPairFile(PairFile(), file, {})
    root, document = _composed(file, read_text(file))
    nodes = dict(_nodes(file, root))
    for keys, (key, value) in nodes.items():
        if value.tag == _NULL and keys[:-1] != ("names",):
            what = f"{'.'.join(keys)} has no value"
            raise _refused(file, key.start_mark, what, "give it one, or leave it out")
    marks = {(): root.start_mark} | {keys: key.start_mark for keys, (key, _) in nodes.items()}
    _check_number(file, document.get(KEY, 1), _mark(marks, (KEY,)))
    try:
        return ReadPairFile(PairFile.model_validate(document), file, marks)
    except ValidationError as error:
        first = error.errors()[0]
        keys = tuple(map(str, first["loc"]))
        what, remedy = _told(keys, first["type"], first["msg"], first["input"])
        raise _refused(file, _mark(marks, keys), what, remedy) from None


def _composed(file: Path, text: str) -> tuple[yaml.MappingNode, dict[Any, Any]]:
    """Return the one mapping of a file, as nodes with their places and as values."""
    documents = documents_of(file, text)
    if not documents or documents[0][1] is None:
        raise UsageError(f"{file} is empty", "say in it what differs, or remove it")
    if len(documents) > 1:
        second = documents[1][0].start_mark
        raise _refused(file, second, "a second document begins", "keep one of them")
    root, document = documents[0]
    if not isinstance(root, yaml.MappingNode):
        known = f"it takes {', '.join(KNOWN[()])}"
        raise _refused(file, root.start_mark, "it is not a mapping", known)
    return root, document


def _nodes(
    file: Path, node: yaml.MappingNode, above: Keys = ()
) -> Iterator[tuple[Keys, tuple[yaml.Node, yaml.Node]]]:
    """Yield the nodes of each key and its value; refuse a key that stands twice."""
    seen: set[str] = set()
    for key, value in node.value:
        keys = (*above, str(key.value))
        if keys[-1] in seen:
            what = f"{'.'.join(keys)} stands there twice"
            raise _refused(file, key.start_mark, what, "keep one of them")
        seen.add(keys[-1])
        yield keys, (key, value)
        if isinstance(value, yaml.MappingNode):
            yield from _nodes(file, value, keys)


def _mark(marks: Mapping[Keys, yaml.Mark], keys: Keys) -> yaml.Mark:
    """Return where a key stands; one that was merged in stands where that was merged into."""
    above = (keys[:length] for length in range(len(keys), -1, -1))
    return next(marks[each] for each in above if each in marks)


def _check_number(file: Path, number: Any, mark: yaml.Mark) -> None:
    if type(number) is not int:  # True is an int as well
        raise _refused(file, mark, f"{KEY} is {number!r}", f"it is {PAIR.number} today")
    try:
        PAIR.check(number)
    except OtherSchemaError as error:
        raise _refused(file, mark, error.cause, error.remedy) from None


def _told(keys: Keys, kind: str, message: str, value: Any) -> tuple[str, str]:
    """Return what is wrong with the value of a key, and what would be right."""
    above, key = keys[:-1], keys[-1]
    if above == ("steps",) and key in FIXED_STEPS:
        return f"the documents fix the name of the step {key}", f"call the step {key}"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, KNOWN[above], n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return f"unknown {_NOUNS[above]} {key}", f"{hint}known are {', '.join(KNOWN[above])}"
    if keys == ("documents",):
        return f"unknown edition {value!r} of the documents", f"known are {', '.join(EDITIONS)}"
    if keys in KNOWN:
        return f"{key} is not a mapping", f"it takes {', '.join(KNOWN[keys])}"
    return (
        f"{'.'.join(keys)}: {message}",
        "give it a name, in quotes where it looks like another type",
    )


def _refused(file: Path, mark: yaml.Mark, what: str, remedy: str) -> UsageError:
    return UsageError(f"{file}, line {mark.line + 1}, column {mark.column + 1}: {what}", remedy)
