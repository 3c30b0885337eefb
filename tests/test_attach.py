"""Sandboxes that are up already: kept ones and foreign ones, without a service that runs."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
from behave.model_core import Status
from behave.parser import parse_feature

import environment
from noetl_acceptance.checks.network import nothing_outside
from noetl_acceptance.errors import NotJudgedError, SandboxError, UsageError
from noetl_acceptance.evidence import store
from noetl_acceptance.execution.pool import SandboxPool
from noetl_acceptance.model.request import Workers
from noetl_acceptance.options import ROOT, load_settings
from noetl_acceptance.sandbox import external
from noetl_acceptance.sandbox.addresses import Addresses, load_addresses
from noetl_acceptance.sandbox.attaching import adopt, attach
from noetl_acceptance.sandbox.external import ForeignSandbox
from noetl_acceptance.sandbox.ledgers import Entry, Ledger, find_kept, kept_ledgers
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, require
from noetl_acceptance.support.console import Console
from tests.runs import healthy_run
from tests.sandboxes import KEPT, PASSWORD, entry

QUIET = Console(quiet=True)
GOOD = {
    "release": "2.8.9",
    "workers": 3,
    "noetl": "http://127.0.0.1:8082/",
    "database": "host=127.0.0.1 port=5432 user=noetl dbname=noetl",
    "profile_api": "http://127.0.0.1:8080",
}


@pytest.fixture
def ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sandboxes"
    folder.mkdir()
    monkeypatch.setattr("noetl_acceptance.sandbox.attaching.LEDGERS", folder)
    return folder


def keep(ledgers: Path, run_id: str = "") -> Ledger:
    known = entry(ledgers.parent / "run")
    if run_id:
        known = known.model_copy(update={"place": RunFolder(run_id, ledgers.parent / run_id)})
    ledger = Ledger(ledgers, known)
    ledger.keep(KEPT)
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


def test_attach_without_its_sandbox_is_refused() -> None:
    with pytest.raises(UsageError, match="add -D sandbox=attach"):
        load_settings({"attach": "some-id"}, {})


def test_addresses_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "addresses.yaml"
    file.write_text("\n".join(f"{key}: {value}" for key, value in GOOD.items()))
    found = load_addresses(file)
    assert (found.noetl, found.workers, found.database_inside) == ("http://127.0.0.1:8082", 3, None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"database": "host=db password=x"}, "database is not usable - .*without a password"),
        ({"database": "postgresql://noetl:x@db/noetl"}, "without a password"),
        ({"database": "nonsense"}, "a libpq connection string"),
        ({"noetl": "127.0.0.1:8082"}, "noetl is not usable - it takes a URL"),
        ({"profile_api": "http://user:pw@host"}, "profile_api is not usable"),
        ({"database_inside": "postgres"}, "HOST:PORT"),
        ({"workers": 0}, "workers is not usable"),
        ({"noetl": None}, "noetl is not usable"),
        ({"worker": 3}, "unknown key worker"),
        ({"noetl": "http://127.0.0.1:99999"}, "noetl is not usable - it takes a URL"),
        ({"noetl": "http://127.0.0.1:x"}, "noetl is not usable - it takes a URL"),
        ({"noetl": "'http://[::1'"}, "noetl is not usable - it takes a URL"),
        ({"noetl": "http://a b/"}, "noetl is not usable - it takes a URL"),
        ({"profile_api": "http://host/?a=1"}, "profile_api is not usable - it takes a URL"),
        ({"database": "host=db port=abc"}, "database is not usable - it takes a port from 1"),
        ({"database": "host=db port=65536"}, "a port from 1 to 65535"),
        ({"database_inside": "postgres:0"}, "HOST:PORT"),
        ({"database_inside": "':5432'"}, "HOST:PORT"),
        ({"release": ""}, "release is not usable - it takes the release"),
    ],
)
def test_a_wrong_address_is_told_in_one_line(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    file = tmp_path / "addresses.yaml"
    document = {**GOOD, **change}
    file.write_text("\n".join(f"{key}: {value or ''}" for key, value in document.items()))
    with pytest.raises(UsageError, match=words) as raised:
        load_addresses(file)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["[", "- a list", "\x00"])
def test_a_file_that_holds_no_addresses_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "addresses.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=r"addresses\.yaml"):
        load_addresses(file)
    with pytest.raises(UsageError, match="cannot be read"):
        load_addresses(tmp_path / "none.yaml")


def foreign_sandbox() -> ForeignSandbox:
    addresses = Addresses.model_validate(GOOD)
    settings = load_settings({"sandbox": "attach", "attach": "addresses.yaml"}, {})
    return ForeignSandbox(settings, addresses, replace(KEPT.endpoints, profile_api_second=""))


def test_what_a_foreign_sandbox_lacks_is_not_judged() -> None:
    sandbox = foreign_sandbox()
    for capability in Capability:
        with pytest.raises(NotJudgedError, match=capability.value):
            require(sandbox, capability)
    for ask in (lambda: sandbox.log("server"), sandbox.open_outside):
        with pytest.raises(NotJudgedError, match="did not start"):
            ask()


def test_beside_a_foreign_sandbox_none_is_brought_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ConnectedSandbox:
        sandbox = foreign_sandbox()

        @classmethod
        def open(cls, *_: Any) -> ConnectedSandbox:
            return cls()

        def unfit(self) -> str:
            return ""

    monkeypatch.setattr("noetl_acceptance.execution.pool.ConnectedSandbox", ConnectedSandbox)
    settings = ConnectedSandbox.sandbox.settings
    pool = SandboxPool(settings, RunFolder("run", tmp_path), QUIET, lambda _: None)
    main = pool.take(None)
    with pytest.raises(NotJudgedError, match="workers of a scenario's own"):
        pool.take(Workers(count=1))
    assert pool.take(None) is main


def test_without_a_sink_nothing_is_said_of_what_goes_outside() -> None:
    run = healthy_run()
    assert nothing_outside(run) == []
    with pytest.raises(NotJudgedError, match="no record"):
        nothing_outside(run.model_copy(update={"attempts": None}))


def test_a_database_that_is_not_there_is_told_with_where_its_password_comes_from() -> None:
    nothing = {**GOOD, "database": "host=127.0.0.1 port=1 user=noetl dbname=noetl"}
    with pytest.raises(SandboxError, match=r"cannot be reached: .* - .*PGPASSFILE"):
        ForeignSandbox.attach(load_settings({}, {}), Addresses.model_validate(nothing))


@pytest.mark.parametrize("database", ["sslmode=nix", "service=none-of-that-name"])
def test_a_database_that_cannot_even_be_asked_for_is_wrong_input(database: str) -> None:
    nothing = {**GOOD, "database": f"{database} user=noetl dbname=noetl"}
    with pytest.raises(UsageError, match=r"cannot be reached: .* - see `database`"):
        ForeignSandbox.attach(load_settings({}, {}), Addresses.model_validate(nothing))


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ('FATAL: password authentication failed for user "noetl"', UsageError),
        ("fe_sendauth: no password supplied", UsageError),
        ('FATAL: database "noetle" does not exist', UsageError),
        ("Connection refused", SandboxError),
        ("FATAL: the database system is starting up", SandboxError),
    ],
)
def test_who_is_refused_has_named_another_and_who_is_not_answered_has_not(
    told: str, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: object, **__: object) -> None:
        raise psycopg.OperationalError(
            f'connection failed: connection to server at "127.0.0.1", port 1 failed: {told}'
        )

    monkeypatch.setattr(external, "connect", connect)
    with pytest.raises(kind):
        ForeignSandbox.attach(load_settings({}, {}), Addresses.model_validate(GOOD))


def test_a_path_is_a_file_also_where_none_is(tmp_path: Path) -> None:
    settings = load_settings({"sandbox": "attach", "attach": str(tmp_path / "none")}, {})
    with pytest.raises(UsageError, match="none cannot be read: No such file"):
        attach(settings, RunFolder("run", tmp_path), QUIET)


def test_an_address_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(external, "_endpoints", lambda _: KEPT.endpoints)
    addresses = Addresses.model_validate({**GOOD, "noetl": "http://127.0.0.1:1"})
    with pytest.raises(SandboxError, match=r"http://127\.0\.0\.1:1/api/health .* - see `noetl`"):
        ForeignSandbox.attach(load_settings({}, {}), addresses)


@pytest.mark.parametrize(("apart", "told"), [(0.0, False), (5.0, True), (-5.0, True)])
def test_clocks_that_are_apart_are_refused(
    monkeypatch: pytest.MonkeyPatch, apart: float, told: bool
) -> None:
    class Connection:
        def execute(self, _: str) -> Connection:
            return self

        def fetchone(self) -> tuple[float]:
            return (1000.0 + apart,)

    monkeypatch.setattr("time.time", lambda: 1000.0)
    connection = cast(psycopg.Connection[Any], Connection())
    if told:
        with pytest.raises(SandboxError, match=r"5\.0 s apart"):
            external._require_same_clock(connection)
    else:
        external._require_same_clock(connection)


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
