"""Files with a schema number: held against the published schemas, refused where they are newer."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from noetl_acceptance.conformance.faults.sweep_results import begin, read_sweep
from noetl_acceptance.conformance.release_results import RECORDS, read_records
from noetl_acceptance.conformance.releases.release_file import FOLDER as TRIED
from noetl_acceptance.conformance.releases.release_file import read_release, write_release
from noetl_acceptance.conformance.schemas import MODELS, SCHEMAS, published_schemas
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence import store
from noetl_acceptance.evidence.bundle_cases import Case
from noetl_acceptance.evidence.bundles import bundle
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.model.file_schemas import KEY, FileSchema, OtherSchemaError
from noetl_acceptance.model.pair_file import Names
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.ledgers import Ledger, ledgers
from noetl_acceptance.verdict.known_deviations import FILE as DEVIATIONS_FILE
from noetl_acceptance.verdict.known_deviations import load_deviations
from tests.kept_run import healthy, judged
from tests.releases import HOLDS, LOST
from tests.releases import execution as tried_execution
from tests.releases import release as tried_release
from tests.runs import PAIR, healthy_run
from tests.sandboxes import entry
from tests.test_bundles import opened, result
from tests.test_playbooks import write_pair
from tests.test_recorded_run import FOLDER
from tests.test_sweep_results import HEAD

Write = Callable[[Path], Path]
"""Has the suite write a file below a folder with a run; returns the file."""


@pytest.fixture(scope="module")
def a_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run as the suite writes it."""
    return healthy(tmp_path_factory.mktemp("written"))


@pytest.fixture
def folder(a_run: Path, tmp_path: Path) -> Path:
    """A folder with a copy of the run."""
    shutil.copytree(a_run, tmp_path / "run")
    return tmp_path


PROBE = ProbeRecord(
    execution_id="5",
    target="x",
    asked=1,
    address="127.0.0.1:1",
    end="playbook.completed",
    error="",
    calls=healthy_run().outcome.calls[:1],
    attempts=(),
)


def record(folder: Path) -> Path:
    return next((folder / "run" / "executions").iterdir())


def probe(folder: Path) -> Path:
    place = folder / "run" / store.PROBES
    store.write_record(PROBE, place)
    return next(place.iterdir())


def results(folder: Path) -> Path:
    return folder / "run" / "results.json"


def judgements(folder: Path) -> Path:
    return folder / "run" / "judgements.json.gz"


def figures(folder: Path) -> Path:
    return folder / "run" / "figures.json"


def pair(folder: Path) -> Path:
    write_pair(folder)
    changed = PAIR.model_copy(update={"names": Names(hash=None, name="who")})
    run = healthy_run().model_copy(update={"pair": changed})
    files = opened(bundle(Case("A", (result("A", 1),), ()), Figures(), [run]))
    file = folder / "pair.yaml"
    file.write_text(files["playbooks/pair.yaml"])
    return file


def deviations(folder: Path) -> Path:
    file = folder / "deviations.yaml"
    file.write_text(DEVIATIONS_FILE.read_text(encoding="utf-8"))
    return file


def release_results(folder: Path) -> Path:
    file = folder / "2.8.9-embedded.json"
    file.write_text((RECORDS / file.name).read_text(encoding="utf-8"))
    return file


def sandbox(folder: Path) -> Path:
    ledger = Ledger(folder, entry(folder))
    ledger._write(ledger.entry)
    return ledger.file


def sweep(folder: Path) -> Path:
    file = folder / "sweep.jsonl"
    begin(HEAD, file)
    return file


def conformance(folder: Path) -> Path:
    lost = tried_execution(9, lost="whole batches are lost")
    return write_release(tried_release("2.10.42", lost, C24=LOST, P8=HOLDS), folder)


WRITERS: dict[str, Write] = {
    "record": record,
    "probe": probe,
    "results": results,
    "judgements": judgements,
    "figures": figures,
    "pair": pair,
    "deviations": deviations,
    "release-results": release_results,
    "sandbox": sandbox,
    "sweep": sweep,
    "conformance": conformance,
}


def document_in(file: Path) -> Any:
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    return yaml.safe_load(content) if file.suffix == ".yaml" else json.loads(content)


def put(document: Any, file: Path) -> None:
    text = json.dumps(document).encode()  # which is YAML as well
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def faults(name: str, document: Any) -> list[str]:
    return [error.message for error in validator(name).iter_errors(document)]


def test_each_kind_of_file_has_a_published_schema() -> None:
    assert [kind.name for kind in MODELS] == list(WRITERS)
    assert sorted(SCHEMAS.iterdir()) == sorted(published_schemas())


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.name)
def test_what_the_suite_writes_keeps_its_schema(kind: FileSchema, folder: Path) -> None:
    document = document_in(WRITERS[kind.name](folder))
    assert next(iter(document.items())) == (KEY, kind.number)
    assert faults(kind.name, document) == []


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.name)
def test_another_number_breaks_the_schema(kind: FileSchema, folder: Path) -> None:
    document = document_in(WRITERS[kind.name](folder))
    assert faults(kind.name, {**document, KEY: kind.number + 1}) != []


def test_a_missing_number_breaks_the_schema_of_what_only_the_suite_writes(folder: Path) -> None:
    document = document_in(figures(folder))
    document.pop(KEY)
    assert faults("figures", document) == [f"'{KEY}' is a required property"]


@pytest.mark.parametrize("file", sorted(RECORDS.glob("*.json")), ids=lambda file: file.name)
def test_the_committed_results_keep_their_schema(file: Path) -> None:
    assert faults("release-results", document_in(file)) == []


@pytest.mark.parametrize("file", sorted(TRIED.glob("*.json")), ids=lambda file: file.name)
def test_what_was_found_of_releases_keeps_its_schema(file: Path) -> None:
    assert faults("conformance", document_in(file)) == []


@pytest.mark.parametrize("file", sorted(ROOT.glob("tests/pairs/*/*/pair.yaml")))
def test_a_pair_written_by_hand_keeps_its_schema(file: Path) -> None:
    assert faults("pair", document_in(file)) == []


@pytest.mark.parametrize(
    ("name", "number", "how"),
    [
        ("record", 3, "newer than 2, the newest"),
        ("results", 4, "newer than 3, the newest"),
        ("judgements", 3, "newer than 2, the newest"),
        ("figures", 2, "newer than 1, the newest"),
        ("figures", 0, "older than 1, the oldest"),
        ("judgements", 0, "older than 1, the oldest"),
    ],
)
def test_a_run_that_is_newer_or_older_is_told_in_one_line(
    name: str, number: int, how: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = WRITERS[name](folder)
    put({KEY: number, "what nobody": "knows yet", **_rest(file)}, file)
    code, told = judged(folder / "run", capsys)
    (line,) = told.splitlines()
    assert code == 2
    assert line.startswith(f"error: {file} has schema {number}, {how} that can be read - ")


def _rest(file: Path) -> dict[str, Any]:
    return {key: value for key, value in document_in(file).items() if key != KEY}


READERS: dict[str, Callable[[Path], object]] = {
    "probe": lambda file: store.read_probes(file.parent.parent),
    "pair": lambda file: load_pair(file.parent),
    "deviations": load_deviations.__wrapped__,  # what it has read is cached
    "release-results": lambda file: read_records(file.parent),
    "sweep": read_sweep,
    "conformance": read_release,
}


@pytest.mark.parametrize("name", READERS)
def test_whatever_else_is_newer_is_told_in_one_line(name: str, folder: Path) -> None:
    file = WRITERS[name](folder)
    READERS[name](file)
    put({KEY: 9, **_rest(file), "more": 1}, file)
    with pytest.raises(UsageError, match=r"has schema 9, newer than \d") as told:
        READERS[name](file)
    assert str(told.value).startswith(str(file))
    assert len(str(told.value).splitlines()) == 1


def test_a_newer_sandbox_is_left_alone_and_told(folder: Path) -> None:
    file = sandbox(folder)
    put({KEY: 2, **_rest(file), "more": 1}, file)
    told: list[str] = []
    assert list(ledgers(folder, told.append)) == []
    (line,) = told
    assert line.startswith(f"{file} has schema 2, newer than 1")


@pytest.mark.parametrize("name", ["record", "probe", "figures", "pair", "release-results"])
def test_a_file_without_a_number_is_schema_1(name: str, folder: Path) -> None:
    file = WRITERS[name](folder)
    read = {
        "record": lambda file: store.read_executions(file.parent.parent),
        "figures": lambda file: Figures.model_validate_json(file.read_bytes()),
        **READERS,
    }[name]
    numbered = read(file)
    put(_rest(file), file)
    assert read(file) == numbered


def test_a_list_of_deviations_is_schema_1(tmp_path: Path) -> None:
    file = tmp_path / "deviations.yaml"
    put(document_in(DEVIATIONS_FILE)["deviations"], file)
    assert load_deviations(file) == load_deviations()


def test_older_results_and_judgements_are_schema_1() -> None:
    assert isinstance(document_in(FOLDER / "results.json"), list)
    assert KEY not in document_in(FOLDER / "judgements.json.gz")  # test_recorded_run judges them


@pytest.mark.parametrize("number", ["two", 1.5, [1]])
def test_a_pair_whose_number_is_none_is_told(number: object, tmp_path: Path) -> None:
    file = pair(tmp_path)
    put({KEY: number, "names": {}}, file)
    with pytest.raises(
        UsageError, match=r"pair.yaml, line 1, column 2: schema is .* it is 2 today"
    ):
        load_pair(tmp_path)


def test_what_is_older_than_the_oldest_is_refused() -> None:
    kind = FileSchema("x", number=3, oldest=2)
    assert [kind.check(number) for number in (2, 3)] == [2, 3]
    for number in (1, 4):
        with pytest.raises(OtherSchemaError, match="has schema"):
            kind.check(number)
