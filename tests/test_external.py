"""A NoETL that the suite did not start: its addresses, and what is out of reach there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest

from noetl_acceptance.checks.network import nothing_outside
from noetl_acceptance.errors import NotJudgedError, SandboxError, UsageError
from noetl_acceptance.execution.pool import SandboxPool
from noetl_acceptance.model.request import Workers
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox import external
from noetl_acceptance.sandbox.addresses import Addresses, load_addresses
from noetl_acceptance.sandbox.attaching import attach
from noetl_acceptance.sandbox.external import ForeignSandbox
from noetl_acceptance.sandbox.protocol import Capability, RunFolder, require
from noetl_acceptance.support.console import Console
from tests.runs import healthy_run
from tests.sandboxes import KEPT

QUIET = Console(quiet=True)


GOOD = {
    "release": "2.8.9",
    "workers": 3,
    "noetl": "http://127.0.0.1:8082/",
    "database": "host=127.0.0.1 port=5432 user=noetl dbname=noetl",
    "profile_api": "http://127.0.0.1:8080",
}


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
        (
            {"database": "host=db port=abc"},
            "database is not usable - it takes a connection string",
        ),
        ({"database": "host=db port=65536"}, "a connection string whose port is 1 to 65535"),
        ({"database_inside": "postgres:0"}, "HOST:PORT"),
        ({"database_inside": "':5432'"}, "HOST:PORT"),
        ({"release": "''"}, "release is not usable - it takes the release"),
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


def test_what_compose_lacks_is_not_laid_to_who_started_it() -> None:
    lacking = SimpleNamespace(kind="compose", capabilities=frozenset())
    with pytest.raises(NotJudgedError, match="the compose sandbox has none"):
        require(cast("Any", lacking), Capability.UPDATES)
    with pytest.raises(NotJudgedError, match="did not start"):
        require(cast("Any", lacking), Capability.FAULTS)


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
