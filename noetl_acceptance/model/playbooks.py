"""The pair of playbooks under test: its files, its texts and the names it uses."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.documents import DEFAULT, EDITIONS, DocumentsEdition, EditionName
from noetl_acceptance.model.pair_file import (
    PAIR_FILE,
    Keys,
    Names,
    ReadPairFile,
    StepNames,
    read_pair_file,
)
from noetl_acceptance.model.tools import kinds_of
from noetl_acceptance.model.yaml_files import LenientLoader, Loader, documents_of, read_text


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
        return {step["step"]: step for step in self.document.get("workflow", [])}


class PlaybookPair(BaseModel):
    """A parent and its worker, with what they say of themselves in ``pair.yaml``.

    ``documents`` names the edition of the documents that they follow; ``worker_key`` is the key of
    the parent's workload that has the worker's catalog path, None where no key has.
    """

    model_config = ConfigDict(frozen=True)

    parent: Playbook
    worker: Playbook
    names: Names = Names()
    documents: EditionName = DEFAULT
    step_names: StepNames = StepNames()
    worker_key: str | None = None

    @property
    def edition(self) -> DocumentsEdition:
        """The edition of the documents that it follows: its paths and default sizes."""
        return EDITIONS[self.documents]

    @property
    def said(self) -> dict[str, Any]:
        """What ``pair.yaml`` must say of it: all that differs from the defaults."""
        told = {
            "documents": self.documents if self.documents != DEFAULT else None,
            "names": self.names.model_dump(exclude_defaults=True),
            "steps": self.step_names.model_dump(exclude_defaults=True),
            "worker": self.worker_key,
        }
        return {key: value for key, value in told.items() if value}

    @property
    def digest(self) -> str:
        """The first 12 digits of the SHA-256 of both texts."""
        texts = f"{self.parent.text}\0{self.worker.text}"
        return hashlib.sha256(texts.encode()).hexdigest()[:12]

    def with_max_in_flight(self, most: int) -> PlaybookPair:
        """Return the pair with ``loop.spec.max_in_flight`` set in its worker's loop over calls.

        A pair that does not name that step has it set in all loops of its worker.
        """
        named = self.step_names.calls
        document = copy.deepcopy(self.worker.document)
        for step in document.get("workflow", []):
            if isinstance(step.get("loop"), dict) and named in (None, step.get("step")):
                step["loop"].setdefault("spec", {})["max_in_flight"] = most
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        worker = self.worker.model_copy(update={"text": text})
        return self.model_copy(update={"worker": worker})


def load_pair(folder: Path) -> PlaybookPair:
    """Read the pair of playbooks in a folder (subfolders included).

    Args:
        folder: where the two YAML files are, whatever their names; the catalog paths in their
            ``metadata.path`` tell which is which. Its own ``pair.yaml`` may name the edition of
            the documents that they follow, and what docs/reference/pair.md leaves open.

    Raises:
        UsageError: no such folder, one of the two missing, there twice or half written, YAML that
            does not parse (with file and line), a ``pair.yaml`` that holds what it should not, or
            stands elsewhere.
    """
    if not folder.is_dir():
        raise UsageError(f"playbooks folder {folder} does not exist", "give -D playbooks=FOLDER")
    said = read_pair_file(folder / PAIR_FILE)
    edition = EDITIONS[said.holds.documents]
    found: dict[str, Playbook] = {}
    for playbook in _playbooks(folder):
        if playbook.path in found:
            raise UsageError(
                f"{folder}: {playbook.file} and {found[playbook.path].file} both have the path "
                f"{playbook.path}",
                "keep one of them in the folder",
            )
        found[playbook.path] = playbook
    for path, role in ((edition.worker_path, "worker"), (edition.parent_path, "parent")):
        if path not in found:
            raise UsageError(f"no {role} playbook in {folder}", _missing(path, found))
    pair = PlaybookPair(
        parent=found[edition.parent_path],
        worker=found[edition.worker_path],
        names=said.holds.names,
        documents=said.holds.documents,
        step_names=said.holds.steps,
        worker_key=said.holds.worker,
    )
    _require_said(pair, said)
    return pair


def _missing(path: str, found: Iterable[str]) -> str:
    """Return what to do about a playbook that is missing: it may follow another edition."""
    remedy = f"one YAML file there, a mapping, must have metadata.path: {path}"
    for name, edition in EDITIONS.items():
        if {edition.worker_path, edition.parent_path} <= set(found):
            remedy += f"; or say documents: {name} in {PAIR_FILE}, whose paths its playbooks have"
    return remedy


def _require_said(pair: PlaybookPair, said: ReadPairFile) -> None:
    """Refuse names of steps, and of the key for the worker's path, that the playbooks lack."""
    loops: tuple[tuple[Keys, str | None, Playbook, str], ...] = (
        (("steps", "batches"), pair.step_names.batches, pair.parent, "playbook"),
        (("steps", "calls"), pair.step_names.calls, pair.worker, "http"),
    )
    for keys, name, playbook, kind in loops:
        if name is None:
            continue
        steps = [step for step in playbook.document.get("workflow", []) if "loop" in step]
        known = [step["step"] for step in steps]
        if known.count(name) != 1:
            how = "several loops" if name in known else "no loop"
            remedy = f"its loops are {', '.join(map(str, known)) or 'none'}"
            raise said.refuse(keys, f"{playbook.file} has {how} of the name {name}", remedy)
        fitting = [step["step"] for step in steps if kind in kinds_of(step)]
        if name not in fitting:
            what = f"the loop {name} of {playbook.file} has no tool of kind {kind}"
            remedy = f"those that have one: {', '.join(map(str, fitting)) or 'none'}"
            raise said.refuse(keys, what, remedy)
    _require_worker_key(pair, said)


def _require_worker_key(pair: PlaybookPair, said: ReadPairFile) -> None:
    """Refuse a key that cannot be the worker's path; whether it is the right one is for a check."""
    key = pair.worker_key
    if key is None:
        return
    workload = pair.parent.document.get("workload") or {}
    value = workload.get(key)
    if key not in workload:
        what = f"the workload of {pair.parent.file} has no key {key}"
    elif not isinstance(value, str) or "/" not in value or "://" in value:
        what = f"{key} in the workload of {pair.parent.file} is no catalog path"
    else:
        return
    raise said.refuse(("worker",), what, "give the key with the worker's path, or leave it out")


def _playbooks(folder: Path) -> Iterator[Playbook]:
    paths = [p for each in EDITIONS.values() for p in (each.parent_path, each.worker_path)]
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in (".yaml", ".yml") or file.is_dir():
            continue
        if file == folder / PAIR_FILE:
            continue
        text = read_text(file)
        ours = any(path in text for path in paths)  # another file may have tags of its own
        documents = documents_of(file, text, Loader if ours else LenientLoader)
        found = [(each, path) for _, each in documents if (path := _path_in(each)) in paths]
        if found and file.name != PAIR_FILE:
            if len(documents) > 1:
                line = documents[1][0].start_mark.line + 1
                what = f"{file}, line {line}: a second document begins"
                raise UsageError(what, "a playbook is one document; remove the line ---")
            ((document, path),) = found
            _require_shape(file, document)
            yield Playbook(path=str(path), file=str(file.relative_to(folder)), text=text)
        elif file.stem.lower() == Path(PAIR_FILE).stem:
            remedy = f"what a pair says stands in {folder / PAIR_FILE}"
            raise UsageError(f"{file} is not read", remedy)


def _path_in(document: Any) -> Any:
    """Return the catalog path that a document gives; None where it gives none."""
    metadata = document.get("metadata") if isinstance(document, dict) else None
    return metadata.get("path") if isinstance(metadata, dict) else None


def _require_shape(file: Path, document: dict[str, Any]) -> None:
    """Refuse a half-written playbook, of which nothing could be told."""
    remedy = "write it as NoETL reads it"
    if not isinstance(document.get("workload") or {}, dict):
        raise UsageError(f"{file}: workload is not a mapping", remedy)
    workflow = document.get("workflow", [])
    if not isinstance(workflow, list):
        raise UsageError(f"{file}: workflow is not a list of steps", remedy)
    for number, step in enumerate(workflow, 1):
        name = step.get("step") if isinstance(step, dict) else None
        if not isinstance(name, str):
            what = f"step {number} of the workflow is not a mapping with a name, step: NAME"
            raise UsageError(f"{file}: {what}", remedy)
        loop = step.get("loop", {})
        if not isinstance(loop, dict):
            raise UsageError(f"{file}: step {name}: loop is not a mapping", remedy)
        if not isinstance(loop.get("spec", {}), dict):
            raise UsageError(f"{file}: step {name}: loop.spec is not a mapping", remedy)
