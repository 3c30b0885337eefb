"""Loading a pair of playbooks, and what a user reads when the folder is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from noetl_acceptance.checks.texts import defaults_are
from noetl_acceptance.errors import UsageError
from noetl_acceptance.model.playbooks import Playbook, load_pair
from noetl_acceptance.model.tools import tools_of
from noetl_acceptance.places import ROOT
from tests.runs import PARENT_PATH, WORKER_PATH

OURS = ROOT / "playbooks" / "2.8.x"

DEFAULT_INLINE = 65536
"""NoETL moves a larger result out of the reach of templates: a step that reads it finds nothing."""

ENOUGH_INLINE = 4 * 1024 * 1024


def write_pair(folder: Path) -> None:
    for name, path in (("a.yaml", PARENT_PATH), ("sub/b.yml", WORKER_PATH)):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"metadata:\n  path: {path}\nworkflow: []\n")


def test_the_two_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    write_pair(tmp_path)
    pair = load_pair(tmp_path)
    assert pair.parent.path == PARENT_PATH
    assert pair.worker.file.endswith("b.yml")
    assert pair.names.call_traveler_id == "traveler_id"


def test_other_files_beside_the_pair_do_not_matter(tmp_path: Path) -> None:
    write_pair(tmp_path)
    (tmp_path / "several.yaml").write_text("a: 1\n---\nb: 2\n")
    (tmp_path / "tags.yaml").write_text("a: !Ref b\nc: !reset [d, e]\n")
    (tmp_path / "folder.yaml").mkdir()
    assert load_pair(tmp_path).worker.path == WORKER_PATH


def test_our_own_pair_loads() -> None:
    pair = load_pair(ROOT / "playbooks" / "2.8.x")
    assert "summarize" in pair.parent.steps()
    assert "end" in pair.worker.steps()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"b.yml": None}, ["no worker playbook", WORKER_PATH]),
        ({"c.yaml": f"metadata: {{path: {PARENT_PATH}}}"}, ["both have the path"]),
        (
            {"a.yaml": f"metadata: {{path: {PARENT_PATH}}}\n---\n"},
            ["a.yaml, line 3: a second document begins", "a playbook is one document"],
        ),
        (
            {"c.yaml": f"a: 1\n---\nmetadata: {{path: {WORKER_PATH}}}\n"},
            ["c.yaml, line 3: a second document begins"],
        ),
        (
            {"a.yaml": f"metadata: {{path: {PARENT_PATH}}}\na: !Ref b\n"},
            ["a.yaml, line 2: broken YAML: could not determine a constructor"],
        ),
        ({"c.yaml": "a: 1\nb: [1\n"}, ["c.yaml, line 3", "broken YAML"]),
        ({"c.yaml": "\xff"}, ["c.yaml cannot be read", "not UTF-8"]),
        (
            {"c.yaml": "a: 1\nmade: 2026-13-01\n"},
            ["c.yaml, line 2", "'2026-13-01' is no timestamp"],
        ),
        ({"c.yaml": "a:\n- 0x_\n"}, ["c.yaml, line 2", "'0x_' is no int"]),
        ({"c.yaml": "a: !!timestamp foo"}, ["c.yaml, line 1", "'foo' is no timestamp"]),
        ({"c.yaml": "a: !!bool foo"}, ["c.yaml, line 1", "'foo' is no bool"]),
        ({"c.yaml": "a: 1\nb: &a {c: *a}"}, ["c.yaml, line 2", "recursive"]),
        ({"c.yaml": "[" * 5000}, ["c.yaml: broken YAML", "too deep"]),
        ({"pair.yml": ""}, ["pair.yml is not read", "/pair.yaml"]),
        ({"Pair.YAML": "names: {}"}, ["Pair.YAML is not read"]),
        ({"sub/pair.yaml": "names: {}"}, ["sub/pair.yaml is not read"]),
        ({"sub/pair.yaml": f"metadata: {{path: {PARENT_PATH}}}"}, ["sub/pair.yaml is not read"]),
    ],
)
def test_a_wrong_folder_is_told(
    tmp_path: Path, files: dict[str, str | None], words: list[str]
) -> None:
    write_pair(tmp_path)
    for name, text in files.items():
        if text is None:
            (tmp_path / "sub" / name).unlink()
        else:
            (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError) as raised:
        load_pair(tmp_path)
    for word in words:
        assert word in str(raised.value)


def test_a_playbook_may_have_any_name(tmp_path: Path) -> None:
    write_pair(tmp_path)
    (tmp_path / "a.yaml").rename(tmp_path / "sub" / "pair.YML")
    assert load_pair(tmp_path).parent.file == "sub/pair.YML"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("workflow:", "workflow is not a list of steps"),
        ("workflow: {step: a}", "workflow is not a list of steps"),
        ("workflow: [step]", "step 1 of the workflow is not a mapping with a name, step: NAME"),
        (
            "workflow: [{step: a}, {loop: {in: x}}]",
            "step 2 of the workflow is not a mapping with a",
        ),
        ("workflow: [{step: [a]}]", "step 1 of the workflow is not a mapping with a name"),
        ("workflow: [{step: a, loop: }]", "step a: loop is not a mapping"),
        ("workflow: [{step: a, loop: {in: x, spec: 3}}]", "step a: loop.spec is not a mapping"),
        ("workload: 3", "workload is not a mapping"),
    ],
)
@pytest.mark.parametrize("file", ["a.yaml", "sub/b.yml"])
def test_a_half_written_playbook_is_one_line(
    tmp_path: Path, file: str, text: str, words: str
) -> None:
    write_pair(tmp_path)
    path = PARENT_PATH if file == "a.yaml" else WORKER_PATH
    (tmp_path / file).write_text(f"metadata:\n  path: {path}\n{text}\n")
    with pytest.raises(UsageError) as raised:
        load_pair(tmp_path)
    (line,) = str(raised.value).splitlines()
    assert line.startswith(f"{tmp_path / file}: {words}")


def test_what_a_playbook_may_leave_out(tmp_path: Path) -> None:
    write_pair(tmp_path)
    (tmp_path / "a.yaml").write_text(f"metadata: {{path: {PARENT_PATH}}}\nworkload:\n")
    assert load_pair(tmp_path).parent.steps() == {}


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_pair(tmp_path / "none")


def test_another_limit_leaves_the_pair_as_it_was() -> None:
    pair = load_pair(ROOT / "playbooks" / "2.8.x")
    before = pair.worker.steps()
    limited = pair.with_max_in_flight(2)
    assert pair.worker.steps() == before
    assert limited.worker.steps() != before


@pytest.mark.parametrize("folder", sorted(ROOT.glob("tests/pairs/*/*/")))
def test_the_other_pairs_are_told_apart_as_well(folder: Path) -> None:
    assert defaults_are(load_pair(folder)) == []


@pytest.mark.parametrize(
    "folder", [OURS, *sorted(ROOT.glob("tests/pairs/2.8.x/*/"))], ids=lambda folder: folder.name
)
def test_what_grows_with_a_run_is_kept_inline(folder: Path) -> None:
    pair = load_pair(folder)
    growing = [pair.parent.steps()[name] for name in looped_over(pair.parent)]
    growing += [
        pair.worker.steps()[name]
        for name in looped_over(pair.worker) | made_of_answers(pair.worker)
    ]
    assert len(growing) >= 2  # the batches and the travelers
    cut_off = [
        step["step"]
        for step in growing
        for tool in tools_of(step)
        if tool.get("result", {}).get("inline_max_bytes", DEFAULT_INLINE) < ENOUGH_INLINE
    ]
    assert cut_off == []


def looped_over(playbook: Playbook) -> set[str]:
    """Return the steps whose results another step loops over."""
    lists = [str(step["loop"]["in"]) for step in playbook.steps().values() if "loop" in step]
    return {name for text in lists for name in re.findall(r"\{\{\s*(\w+)\.", text)}


def made_of_answers(playbook: Playbook) -> set[str]:
    """Return the steps that take the whole results of a loop."""
    loops = {name for name, step in playbook.steps().items() if "loop" in step}
    return {
        name
        for name, step in playbook.steps().items()
        for tool in tools_of(step)
        for value in tool.get("args", {}).values()
        if (whole := re.fullmatch(r"\{\{ (\w+)\.results \}\}", str(value))) and whole[1] in loops
    }
