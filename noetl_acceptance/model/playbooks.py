"""The pair of playbooks under test: its files, its texts and the names it uses."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.file_schemas import KEY, PAIR, naming

PARENT_PATH = "tests/fixtures/playbooks/batch_execution/traveler_batch_enrichment_in_step"
WORKER_PATH = "tests/fixtures/playbooks/batch_execution/traveler_batch_enrichment_chunk_worker"
PAIR_FILE = "pair.yaml"


class Names(BaseModel):
    """The names that the documents leave open; None says that the pair has no such thing.

    The defaults are the fixture's own. ``source_name`` is a column of ``traveler_batch_source``,
    ``call_traveler_id`` and ``call_traveler_name`` are parameters of the HTTP call, the others
    columns of ``traveler_batch_results``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source_name: str | None = "traveler_name"
    name: str | None = "traveler_name"
    normalized_name: str | None = "normalized_name"
    payload: str | None = "profile_payload"
    reason: str | None = "validation_error"
    hash: str | None = "profile_hash"
    stored_at: str | None = "processed_at"
    call_traveler_id: str | None = "traveler_id"
    call_traveler_name: str | None = "traveler_name"


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(text)
    return parsed


class Playbook(BaseModel):
    """One playbook: its catalog path, its file below the pair's folder, its text as registered."""

    model_config = ConfigDict(frozen=True)

    path: str
    file: str
    text: str

    @property
    def document(self) -> dict[str, Any]:
        """The parsed YAML; it is shared, so nobody may change it."""
        return _parsed(self.text)

    def steps(self) -> dict[str, dict[str, Any]]:
        """Return the steps of the workflow by name."""
        return {step["step"]: step for step in self.document.get("workflow", []) if "step" in step}


class PlaybookPair(BaseModel):
    """A parent and its worker, with the names they use."""

    model_config = ConfigDict(frozen=True)

    parent: Playbook
    worker: Playbook
    names: Names = Names()

    @property
    def digest(self) -> str:
        """The first 12 digits of the SHA-256 of both texts."""
        texts = f"{self.parent.text}\0{self.worker.text}"
        return hashlib.sha256(texts.encode()).hexdigest()[:12]

    def with_max_in_flight(self, most: int) -> PlaybookPair:
        """Return the pair with ``loop.spec.max_in_flight`` set in all loops of its worker."""
        document = copy.deepcopy(self.worker.document)
        for step in document.get("workflow", []):
            if isinstance(step.get("loop"), dict):
                step["loop"].setdefault("spec", {})["max_in_flight"] = most
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        worker = self.worker.model_copy(update={"text": text})
        return self.model_copy(update={"worker": worker})


def load_pair(folder: Path) -> PlaybookPair:
    """Read the pair of playbooks in a folder (subfolders included).

    Args:
        folder: where the two YAML files are, whatever their names; the catalog paths in their
            ``metadata.path`` tell which is which. ``pair.yaml`` beside them may rename what
            docs/reference/pair.md leaves open.

    Raises:
        UsageError: no such folder, one of the two missing or there twice, YAML that does not
            parse (with file and line), an unknown name in ``pair.yaml``.
    """
    if not folder.is_dir():
        raise UsageError(f"playbooks folder {folder} does not exist", "give -D playbooks=DIR")
    found: dict[str, Playbook] = {}
    for playbook in _playbooks(folder):
        if playbook.path in found:
            raise UsageError(
                f"{folder}: {playbook.file} and {found[playbook.path].file} both have the path "
                f"{playbook.path}",
                "keep one of them in the folder",
            )
        found[playbook.path] = playbook
    for path, role in ((WORKER_PATH, "worker"), (PARENT_PATH, "parent")):
        if path not in found:
            raise UsageError(
                f"no {role} playbook in {folder}",
                f"one YAML file there, a mapping, must have metadata.path: {path}",
            )
    return PlaybookPair(
        parent=found[PARENT_PATH], worker=found[WORKER_PATH], names=_names(folder / PAIR_FILE)
    )


def _playbooks(folder: Path) -> Iterator[Playbook]:
    for file in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        if file.name == PAIR_FILE or file.is_dir():
            continue
        text = _read(file)
        documents = _parse(file, text)
        document = documents[0] if len(documents) == 1 else None  # a playbook is one document
        metadata = document.get("metadata") if isinstance(document, dict) else None
        path = metadata.get("path") if isinstance(metadata, dict) else None
        if path in (PARENT_PATH, WORKER_PATH):
            yield Playbook(path=str(path), file=str(file.relative_to(folder)), text=text)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{file} cannot be read: {why}", "mend or remove the file") from None


def _parse(file: Path, text: str) -> list[Any]:
    try:
        return list(yaml.safe_load_all(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"{file}{line}: broken YAML: {problem}", "mend the file") from None


class PairFile(BaseModel):
    """What ``pair.yaml`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    schema_number: Annotated[int, AfterValidator(PAIR.check)] = PAIR.field()
    names: Names | None = None


def _check_number(file: Path, number: Any) -> None:
    if not isinstance(number, int):
        raise UsageError(f"{file}: {KEY} is {number!r}", f"it is {PAIR.number} today")
    with naming(file):
        PAIR.check(number)


def _names(file: Path) -> Names:
    if not file.exists():
        return Names()
    documents = _parse(file, _read(file))
    document = documents[0] if documents and documents[0] is not None else {}
    names = document.get("names") or {} if isinstance(document, dict) else document
    if isinstance(document, dict):
        _check_number(file, document.get(KEY, 1))
    extra = sorted(set(document) - {KEY, "names"}) if isinstance(document, dict) else []
    known = f"beside {KEY} it has one key, names, which takes {', '.join(Names.model_fields)}"
    if extra or not isinstance(names, dict):
        what = f"unknown key {extra[0]}" if extra else "it is no mapping of names"
        raise UsageError(f"{file}: {what}", known)
    unknown = sorted(set(names) - set(Names.model_fields))
    if unknown:
        raise UsageError(f"{file}: unknown name {unknown[0]}", known)
    try:
        return Names.model_validate(names)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{file}: {where}: {first['msg']}", known) from None
