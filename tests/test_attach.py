"""Sandboxes that stayed up after their run, without a service that runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.model_core import Status
from behave.parser import parse_feature

import environment
from noetl_acceptance.errors import NotJudgedError, SandboxError, UsageError
from noetl_acceptance.evidence import store
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import attaching
from noetl_acceptance.sandbox.attaching import adopt, attach
from noetl_acceptance.sandbox.kept_lines import described, kept_of
from noetl_acceptance.sandbox.ledgers import Entry, Kept, Ledger, find_kept, kept_ledgers
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.redaction import MARK
from noetl_acceptance.support.settings_file import SettingsFile
from tests.sandboxes import KEPT, PASSWORD, entry

QUIET = Console(quiet=True)


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sandboxes"
    folder.mkdir()
    monkeypatch.setattr("noetl_acceptance.sandbox.attaching.LEDGERS", folder)
    return folder


def keep(ledgers: Path, run_id: str = "", kept: Kept = KEPT) -> Ledger:
    known = entry(ledgers.parent / "run")
    if run_id:
        known = known.model_copy(update={"place": RunFolder(run_id, ledgers.parent / run_id)})
    ledger = Ledger(ledgers, known)
    ledger.keep(kept)
    return ledger


def test_what_is_kept_is_found_again_whole(ledgers: Path) -> None:
    kept = keep(ledgers)
    assert [ledger.entry for ledger in kept_ledgers(ledgers)] == [kept.entry]
    assert kept.file.stat().st_mode & 0o077 == 0
    assert find_kept(ledgers, None).entry == kept.entry


def test_passwords_stay_out_of_the_repr_of_what_is_kept(tmp_path: Path) -> None:
    assert PASSWORD not in repr(entry(tmp_path))


def test_a_sandbox_that_is_not_up_is_told_with_those_that_are(ledgers: Path) -> None:
    with pytest.raises(UsageError, match="no sandbox is up"):
        find_kept(ledgers, None)
    keep(ledgers, "one")
    with pytest.raises(UsageError, match="no sandbox three - up are: one"):
        find_kept(ledgers, "three")
    keep(ledgers, "two")
    with pytest.raises(UsageError, match="2 sandboxes are up: one, two"):
        find_kept(ledgers, None)
    assert find_kept(ledgers, "two").entry.sandbox_id == "two"


def test_a_run_has_a_kept_sandbox_to_itself(ledgers: Path) -> None:
    kept = keep(ledgers)
    program = f"""
    import sys
    from pathlib import Path
    from noetl_acceptance.sandbox.ledgers import find_kept
    ledger = find_kept(Path({str(ledgers)!r}), None)
    ledger.claim()
    print("claimed", flush=True)
    sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert kept.claimed()
        with pytest.raises(UsageError, match="in use by another run"):
            kept.claim()
        other.kill()
    assert not kept.claimed()
    kept.claim()
    kept.let_go()


def test_a_kept_sandbox_whose_services_are_gone_is_told(ledgers: Path, tmp_path: Path) -> None:
    kept = keep(ledgers)
    with pytest.raises(SandboxError, match=r"server of the kept sandbox .* has ended - .* down "):
        attach(load_settings({"sandbox": "attach"}, {}), RunFolder("run", tmp_path), QUIET)
    assert not kept.claimed()


def test_what_is_brought_up_beside_a_kept_sandbox_is_of_its_sort(
    ledgers: Path, tmp_path: Path
) -> None:
    settings = load_settings({"sandbox": "attach", "time-scale": "2"}, {})
    sandbox = adopt(keep(ledgers), settings, RunFolder("run", tmp_path), QUIET)
    sandbox.disconnect()
    assert (sandbox.settings.sandbox, sandbox.settings.workers) == ("embedded", 2)
    assert sandbox.settings.time_scale == 2


@pytest.mark.parametrize(
    ("userdata", "words"),
    [
        ({"workers": "3"}, "has workers 2, -D workers=3 asks for another - leave out -D workers"),
        ({"noetl": "2.8.5"}, "has noetl 2.8.9, -D noetl=2.8.5 asks for another"),
        ({"worker-inflight": "4"}, "has worker-inflight 1"),
    ],
)
def test_an_option_that_a_kept_sandbox_has_settled_is_refused(
    ledgers: Path, tmp_path: Path, userdata: dict[str, str], words: str
) -> None:
    keep(ledgers)
    with pytest.raises(UsageError, match=words):
        attach(
            load_settings({"sandbox": "attach", **userdata}, {}), RunFolder("run", tmp_path), QUIET
        )


def test_what_attaches_takes_the_settings_of_a_kept_sandbox_and_no_others(
    ledgers: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.env"
    own.write_text("LOG_LEVEL=WARNING\n")
    same = load_settings({"sandbox": "attach", "noetl_settings": str(own)}, {})
    kept = keep(ledgers, kept=KEPT.model_copy(update={"noetl_settings": same.noetl_settings}))
    (found,) = kept_ledgers(ledgers)
    assert found.entry == kept.entry
    for settings in (same, load_settings({"sandbox": "attach"}, {})):
        sandbox = adopt(found, settings, RunFolder("run", tmp_path), QUIET)
        sandbox.disconnect()
        assert sandbox.settings.told_settings == {"LOG_LEVEL": "WARNING"}
    own.write_text("LOG_LEVEL=ERROR\n")
    with pytest.raises(UsageError, match=r"has other settings than .*own\.env - leave out"):
        adopt(
            found,
            load_settings({"sandbox": "attach", "noetl_settings": str(own)}, {}),
            RunFolder("run", tmp_path),
            QUIET,
        )


def test_what_attaches_takes_the_settings_of_kept_images(ledgers: Path, tmp_path: Path) -> None:
    brought = SettingsFile(Path("mine:1"), {"NOETL_A": "1", "NOETL_TOKEN": "not-to-be-told"}, {})
    kept = keep(ledgers, kept=KEPT.model_copy(update={"image_settings": (brought,)}))
    assert f"settings NOETL_A=1 NOETL_TOKEN={MARK}" in described(kept_of(kept.entry))
    (found,) = kept_ledgers(ledgers)
    settings = load_settings({"sandbox": "attach"}, {})
    sandbox = adopt(found, settings, RunFolder("run", tmp_path), QUIET)
    sandbox.disconnect()
    assert sandbox.settings.told_settings == {"NOETL_A": "1", "NOETL_TOKEN": MARK}


@pytest.mark.parametrize(
    ("key", "value"),
    [("noetl_settings", "{folder}/own.env"), ("noetl_worker", "image:mine")],
)
def test_how_a_noetl_is_started_is_not_said_of_one_that_the_suite_did_not_start(
    tmp_path: Path, key: str, value: str
) -> None:
    (tmp_path / "own.env").write_text("LOG_LEVEL=WARNING\n")
    (tmp_path / "noetl.yaml").write_text(
        "release: 2.8.9\nworkers: 2\nnoetl: http://127.0.0.1:9\n"
        "database: dbname=noetl\nprofile_api: http://127.0.0.1:9\n"
    )
    asked = {"sandbox": "attach", "attach": str(tmp_path / "noetl.yaml")}
    asked[key] = value.format(folder=tmp_path)
    with pytest.raises(UsageError) as raised:
        attach(load_settings(asked, {}), RunFolder("run", tmp_path), QUIET)
    (line,) = str(raised.value).splitlines()
    assert "did not start" in line
    assert line.endswith(f"leave out -D {key}")


def test_attach_without_its_sandbox_is_refused() -> None:
    with pytest.raises(UsageError, match="add that, or leave out -D attach"):
        load_settings({"attach": "some-id"}, {})


def test_an_entry_takes_nothing_that_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown"):
        Entry.model_validate({**entry(tmp_path).model_dump(), "unknown": 1})


FEATURE = """
Feature: One
  Scenario: Two steps
    Given one
    Then two
"""


def _context(scenario: Any) -> Any:
    session = SimpleNamespace(weigh=lambda error: error)
    return SimpleNamespace(scenario=scenario, shown=ExitStack(), session=session)


def test_a_step_that_cannot_be_judged_ends_its_scenario_as_not_judged() -> None:
    (scenario,) = parse_feature(FEATURE).scenarios
    given, then = scenario.steps
    given.set_status(Status.error)  # as behave leaves it
    given.exception = NotJudgedError("out of reach: the logs")
    given.error_message = "NotJudgedError"
    environment.after_step(_context(scenario), given)
    assert [step.status for step in (given, then)] == [Status.skipped, Status.skipped]
    assert (given.exception, given.error_message) == (None, None)
    assert scenario.status == Status.skipped
    assert scenario.skip_reason == "not judged, because out of reach: the logs"


def test_a_step_that_fails_otherwise_stays_failed() -> None:
    (scenario,) = parse_feature(FEATURE).scenarios
    step = scenario.steps[0]
    step.set_status(Status.failed)
    step.exception = AssertionError("wrong")
    environment.after_step(_context(scenario), step)
    assert step.status == Status.failed


def test_what_a_kept_sandbox_holds_is_none_of_what_its_run_has_left(tmp_path: Path) -> None:
    for name in ("data/logs/server.log", "data-3/nats.conf", "logs/server.log", "results.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    left = [str(file.relative_to(tmp_path)) for file in store.files_of(tmp_path)]
    assert left == ["logs/server.log", "results.json"]


@pytest.mark.parametrize(
    ("named", "told", "release"),
    [
        ("rust 3.54.0 + 5.52.0", "rust 3.54.0", "rust 3.54.0 + 5.52.0"),
        ("rust 3.40.0 + 5.52.0", "rust 3.54.0", "rust 3.54.0"),
        ("2.8.9", "rust 3.54.0", "rust 3.54.0"),
        ("2.8.9", "", "2.8.9"),
    ],
)
def test_the_file_may_name_the_workers_beside_the_version_that_the_server_tells(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, named: str, told: str, release: str
) -> None:
    file = tmp_path / "noetl.yaml"
    file.write_text(
        f"release: {named}\nworkers: 5\nnoetl: http://127.0.0.1:1\n"
        "database: host=127.0.0.1\nprofile_api: http://127.0.0.1:2\n"
    )
    monkeypatch.setattr(attaching, "told_release", lambda _: told)
    settings = load_settings({"sandbox": "attach", "attach": str(file)}, {})
    assert attaching.noetl_under_test(settings) == release
