"""``pair.yaml``: what a pair may say of itself, and what a user reads where it is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from noetl_acceptance.checks.texts import defaults_are, parallel_http_loop
from noetl_acceptance.errors import UsageError
from noetl_acceptance.execution.fixtures.fewer_batches import STEP, with_rounds
from noetl_acceptance.execution.pair_under_test import (
    pair_under_test,
    require_own_edition,
    require_readable,
)
from noetl_acceptance.generations.editions import EARLY, LATE
from noetl_acceptance.model.documents import DEFAULT, EDITIONS, EditionName
from noetl_acceptance.model.playbooks import PlaybookPair, load_pair
from noetl_acceptance.model.request import ExecutionRequest
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT
from tests.runs import PAIR, healthy_run

OURS = ROOT / "tests" / "pairs" / "rust" / "documents_2026_09"

PARENT = """
metadata: {{path: {path}}}
workload: {{seed_rows: 120, batch_size: 30, max_batches: 4, pg_auth: pg_k8s, where: {worker},
  profile_api_url: "https://httpbin.org/anything/traveler-profile"}}
workflow:
- {{step: warm, loop: {{in: x}}, tool: {{kind: playbook, path: helper}}, next: rounds}}
- {{step: rounds, loop: {{in: x}}, tool: {{kind: playbook, path: "{{{{ workload.where }}}}"}}}}
- {{step: twice, loop: {{in: x}}, tool: {{kind: python}}}}
- {{step: twice, loop: {{in: x}}, tool: {{kind: python}}}}
- {{step: end, tool: {{kind: python}}}}
"""
WORKER = """
metadata: {{path: {path}}}
workflow:
- {{step: warm, loop: {{in: x, spec: {{max_in_flight: 25}}}}, tool: {{kind: http}}}}
- {{step: calls, loop: {{in: x, spec: {{max_in_flight: 25}}}}, tool: {{kind: http}}}}
- {{step: noted, loop: {{in: x, spec: {{max_in_flight: 25}}}}, tool: {{kind: python}}}}
"""


def pair_in(folder: Path, said: str | None = None, edition: EditionName = DEFAULT) -> Path:
    paths = EDITIONS[edition]
    texts = {
        "parent.yaml": PARENT.format(path=paths.parent_path, worker=paths.worker_path),
        "worker.yaml": WORKER.format(path=paths.worker_path),
        "pair.yaml": said,
    }
    for name, text in texts.items():
        if text is not None:
            (folder / name).write_text(text)
    return folder


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as raised:
        load_pair(folder)
    (line,) = str(raised.value).splitlines()
    return line


def test_names_are_changed_or_removed(tmp_path: Path) -> None:
    names = load_pair(pair_in(tmp_path, "names: {payload: answer, hash: null}\n")).names
    assert (names.payload, names.hash, names.reason) == ("answer", None, "validation_error")


@pytest.mark.parametrize("said", [None, "schema: 1\n", "schema: 2\nnames: {}\nsteps: {}\n"])
def test_a_pair_that_says_nothing_has_the_defaults(tmp_path: Path, said: str | None) -> None:
    pair = load_pair(pair_in(tmp_path, said))
    assert (pair.names.payload, pair.documents) == ("profile_payload", DEFAULT)
    assert pair.said == {}


@pytest.mark.parametrize(
    ("said", "place", "words"),
    [
        ("", "", "is empty - say in it what differs"),
        ("# nothing yet\n", "", "is empty"),
        ("names: [1\n", ", line 2", "broken YAML: "),
        ("[1]", ", line 1, column 1", "it is not a mapping - it takes schema, documents, names"),
        ("names: {}\n---\nnames: {}\n", ", line 3, column 1", "a second document begins"),
        ("nams: {name: x}", ", line 1, column 1", "unknown key nams - did you mean 'names'?"),
        ("seed_rows: 9", ", line 1, column 1", "unknown key seed_rows - known are schema, "),
        ("names: 3", ", line 1, column 1", "names is not a mapping - it takes source_name, "),
        ("names:\nsteps: {}", ", line 1, column 1", "names has no value - give it one"),
        ("names:\n  payloda: x", ", line 2, column 3", "unknown name payloda - did you mean 'pay"),
        ("names: {payload: 3}", ", line 1, column 9", "names.payload: Input should be a valid str"),
        ("names: {payload: ''}", ", line 1, column 9", "names.payload: String should have at l"),
        ("names: {hash: a, hash: b}", ", line 1, column 18", "names.hash stands there twice"),
        ("names: {}\nnames: {}", ", line 2, column 1", "names stands there twice"),
        (
            "documents: v2.9",
            ", line 1, column 1",
            "unknown edition 'v2.9' of the documents - known",
        ),
        ("documents: 2026", ", line 1, column 1", "unknown edition 2026 of the documents"),
        ("documents: [2026-09]", ", line 1, column 1", "unknown edition ['2026-09'] of the docum"),
        (
            "steps: {loop: rounds}",
            ", line 1, column 9",
            "unknown step loop - known are batches, ca",
        ),
        ("steps: rounds", ", line 1, column 1", "steps is not a mapping - it takes batches, calls"),
        ("steps: {calls: }", ", line 1, column 9", "steps.calls has no value"),
        ("steps: {calls: 7}", ", line 1, column 9", "steps.calls: Input should be a valid string"),
        ("steps: {end: e}", ", line 1, column 9", "the documents fix the name of the step end - "),
        ("steps: {calls: a, calls: b}", ", line 1, column 19", "steps.calls stands there twice"),
        (
            "steps:\n  batches: each",
            ", line 2, column 3",
            "parent.yaml has no loop of the name each - its loops are warm, rounds, twice",
        ),
        (
            "steps: {calls: rounds}",
            ", line 1, column 9",
            "worker.yaml has no loop of the name round",
        ),
        ("steps: {batches: end}", ", line 1, column 9", "parent.yaml has no loop of the name end"),
        ("steps: {batches: twice}", ", line 1, column 9", "has several loops of the name twice"),
        (
            "steps: {calls: noted}",
            ", line 1, column 9",
            "the loop noted of worker.yaml has no tool of kind http - those that have one: warm",
        ),
        ("worker: path", ", line 1, column 1", "the workload of parent.yaml has no key path"),
        ("worker: pg_auth", ", line 1, column 1", "pg_auth in the workload of parent.yaml is no c"),
        ("worker: seed_rows", ", line 1, column 1", "seed_rows in the workload of parent.yaml is "),
        ("worker: profile_api_url", ", line 1, column 1", "profile_api_url in the workload of par"),
        ("worker: [where]", ", line 1, column 1", "worker: Input should be a valid string"),
        ("schema: 3", ", line 1, column 1", "has schema 3, newer than 2"),
        ("names: {}\nschema: 0", ", line 2, column 1", "has schema 0, older than 1"),
        ("schema: 1.0", ", line 1, column 1", "schema is 1.0 - it is 2 today"),
        ("schema: true", ", line 1, column 1", "schema is True - it is 2 today"),
        ("schema:", ", line 1, column 1", "schema has no value"),
        ("worker: where\n<<: {nams: 1}", ", line 1, column 1", "unknown key nams"),
        (
            "steps: {}\nnames: {<<: {hash: 3}}",
            ", line 2, column 1",
            "names.hash: Input should be a",
        ),
        ("documents: 2026-09-31", ", line 1", "broken YAML: '2026-09-31' is no timestamp"),
        ("names:\n  hash: 2026-13-01", ", line 2", "broken YAML: '2026-13-01' is no timestamp"),
        ("worker: 0x_", ", line 1", "broken YAML: '0x_' is no int"),
        ("worker: !!int foo", ", line 1", "broken YAML: 'foo' is no int"),
        ("names: &a {x: *a}", ", line 1", "broken YAML: found unconstructable recursive node"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(
    tmp_path: Path, said: str, place: str, words: str
) -> None:
    line = refusal(pair_in(tmp_path, said))
    assert line.startswith(f"{tmp_path / 'pair.yaml'}{place}{': ' if place else ' '}")
    assert words in line
    assert " - " in line


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    (pair_in(tmp_path) / "pair.yaml").symlink_to(tmp_path / "gone.yaml")
    assert "pair.yaml cannot be read: No such file" in refusal(tmp_path)


def test_the_edition_gives_paths_and_default_sizes(tmp_path: Path) -> None:
    pair = load_pair(pair_in(tmp_path, "documents: 2026-09\nworker: where\n", "2026-09"))
    assert pair.worker.path == (
        "fixtures/playbooks/batch_execution/traveler_batch_enrichment_chunk_worker"
    )
    sizes = pair.edition.workload
    assert (sizes.seed_rows, sizes.batch_size, sizes.max_batches) == (120, 30, 4)
    assert defaults_are(pair) == []
    run = healthy_run().model_copy(update={"pair": pair, "request": ExecutionRequest()})
    assert run.workload == sizes


def test_defaults_of_another_edition_are_found(tmp_path: Path) -> None:
    text = (pair_in(tmp_path) / "parent.yaml").read_text().replace("seed_rows: 120", "seed_rows: 9")
    (tmp_path / "parent.yaml").write_text(text)
    told = [finding.message for finding in defaults_are(load_pair(tmp_path))]
    assert told == [
        "seed_rows defaults to 9, not 2000",
        "batch_size defaults to 30, not 100",
        "max_batches defaults to 4, not 20",
    ]


def test_a_worker_elsewhere_is_found(tmp_path: Path) -> None:
    folder = pair_in(tmp_path, "worker: where\n")
    text = (folder / "parent.yaml").read_text()
    worker = EDITIONS[DEFAULT].worker_path
    (folder / "parent.yaml").write_text(text.replace(f"where: {worker}", "where: some/other"))
    assert f"where defaults to 'some/other', not {worker}" in str(defaults_are(load_pair(folder)))


@pytest.mark.parametrize(("said", "has"), [(None, "2026-09"), ("documents: 2026-09", DEFAULT)])
def test_playbooks_of_another_edition_are_told(
    tmp_path: Path, said: str | None, has: EditionName
) -> None:
    line = refusal(pair_in(tmp_path, said, has))
    assert line.startswith(f"no worker playbook in {tmp_path} - ")
    assert line.endswith(f"or say documents: {has} in pair.yaml, whose paths its playbooks have")


def test_named_loops_are_those_that_are_changed_and_judged(tmp_path: Path) -> None:
    pair = load_pair(pair_in(tmp_path, "steps: {batches: rounds, calls: calls}\n"))
    steps = with_rounds(pair, 2).parent.steps()
    assert [name for name, step in steps.items() if STEP in str(step.get("loop"))] == ["rounds"]
    limits = {
        name: step["loop"]["spec"]["max_in_flight"]
        for name, step in pair.with_max_in_flight(2).worker.steps().items()
    }
    assert limits == {"warm": 25, "calls": 2, "noted": 25}


@pytest.mark.parametrize(("calls", "kinds"), [("fetch", set()), ("other", {"no-parallel-loop"})])
def test_the_named_loop_alone_is_judged(calls: str, kinds: set[str]) -> None:
    names = PAIR.step_names.model_copy(update={"calls": calls})
    run = healthy_run().model_copy(update={"pair": PAIR.model_copy(update={"step_names": names})})
    assert {finding.kind for finding in parallel_http_loop(run, 25)} == kinds


def test_a_pair_is_written_down_as_it_is_read() -> None:
    said = yaml.safe_load((OURS / "pair.yaml").read_text())
    pair = load_pair(OURS)
    assert {**pair.said, "schema": 2} == said
    assert PlaybookPair.model_validate_json(pair.model_dump_json()) == pair


@pytest.mark.parametrize("noetl", ["2.8.5", "2.8.9", "2.13.1"])
def test_a_pair_that_an_old_release_cannot_read_is_refused(noetl: str) -> None:
    settings = load_settings({"noetl": noetl, "playbooks": str(OURS)}, {})
    with pytest.raises(UsageError) as raised:
        pair_under_test(settings)
    (line,) = str(raised.value).splitlines()
    told = rf"worker.yaml, step end: NoETL {noetl} does not know input: - take NoETL 2.14 or newer"
    assert re.match(told, line)


@pytest.mark.parametrize("noetl", ["2.14.0", "4.26.0", "rust", "rust 3.54.0 + 5.52.0", "a.whl"])
def test_other_releases_read_it(noetl: str) -> None:
    require_readable(load_pair(OURS), noetl)


def test_a_pair_with_both_keys_is_read_by_all() -> None:
    text = "workflow: [{step: a, tool: {kind: python, args: {b: 1}, input: {b: 1}}}]"
    worker = PAIR.worker.model_copy(update={"text": text})
    require_readable(PAIR.model_copy(update={"worker": worker}), "2.8.9")


@pytest.mark.parametrize(
    ("step", "reads"),
    [
        ("{step: a, args: {b: 1}, tool: {kind: python}}", False),
        ("{step: a, args: {b: 1}, input: {b: 1}, tool: {kind: python}}", True),
        ("{step: a, tool: {kind: python, args: {b: 1}}}", True),
    ],
)
def test_a_step_with_args_alone_is_for_releases_before(step: str, *, reads: bool) -> None:
    worker = PAIR.worker.model_copy(update={"text": f"workflow: [{step}]"})
    pair = PAIR.model_copy(update={"worker": worker})
    for noetl in ("2.8.9", "2.13.1", "rust", "of our own"):
        require_readable(pair, noetl)
    for noetl in ("2.14.0", "4.26.0"):
        if reads:
            require_readable(pair, noetl)
        else:
            with pytest.raises(UsageError, match=rf"step a: NoETL {noetl} does not read args: of "):
                require_readable(pair, noetl)


@pytest.mark.parametrize(("project", "taken"), [("version = '4.26.0'", LATE), ("", EARLY)])
def test_a_checkout_gets_the_edition_of_the_version_that_it_tells(
    project: str, taken: str, tmp_path: Path
) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nname = 'noetl'\n{project}")
    settings = load_settings({"noetl": str(tmp_path)}, {})
    assert pair_under_test(settings).digest == load_pair(ROOT / "playbooks" / taken).digest


def test_a_long_file_without_aliases_is_read(tmp_path: Path) -> None:
    (pair_in(tmp_path) / "other.yaml").write_text(f"[{'1, ' * 100_001}1]\n")
    load_pair(tmp_path)


def test_an_edition_for_other_releases_is_refused_where_the_suite_has_taken_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'noetl'")
    settings = load_settings({"noetl": str(tmp_path)}, {})
    pair = pair_under_test(settings)
    require_own_edition(settings, pair, "2.8.9")
    told = (
        r"this is NoETL 4\.26\.0, and the run has the edition of the playbooks for others - "
        r"add -D playbooks=playbooks/2\.24-4\.x"
    )
    with pytest.raises(UsageError, match=told):
        require_own_edition(settings, pair, "4.26.0")
    own = load_settings({"noetl": str(tmp_path), "playbooks": "playbooks/2.8.x"}, {})
    require_own_edition(own, pair, "4.26.0")


BOMB = "\n".join(
    ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))]
)
"""Ten lines whose aliases unfold to billions of values."""


@pytest.mark.parametrize(
    "said",
    [
        BOMB.replace("[", "{k: [").replace("]", "]}"),
        f"{BOMB}\ndocuments: *a9\n",
        f"{BOMB}\nschema: *a9\n",
        "\n".join(
            [
                "a0: &a0 {x: 1}",
                *(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 10)),
            ]
        ),
    ],
)
def test_aliases_that_unfold_without_end_are_one_line(tmp_path: Path, said: str) -> None:
    assert "its aliases unfold to more than 100,000 values" in refusal(pair_in(tmp_path, said))


def test_what_holds_itself_is_one_line(tmp_path: Path) -> None:
    assert "recursive" in refusal(pair_in(tmp_path, "names: &n {name: *n}\n"))
