"""A sandbox of the suite's own is taken down whatever comes in between."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from noetl_acceptance.cli import up
from noetl_acceptance.errors import SandboxError
from noetl_acceptance.options import load_settings
from noetl_acceptance.sandbox import managed
from noetl_acceptance.sandbox.control import ServiceControl
from noetl_acceptance.sandbox.ledgers import KeptService
from noetl_acceptance.sandbox.managed import OwnSandbox, close_what_is_left
from noetl_acceptance.sandbox.protocol import Outside, RunFolder, ServiceState
from noetl_acceptance.support import signals
from noetl_acceptance.support.console import Console
from tests.sandboxes import KEPT


class FakeSandbox(OwnSandbox):
    """A sandbox without services; ``on_take_down`` is called in the midst of its take-down."""

    kind = "embedded"

    def __init__(self, folder: Path) -> None:
        place = RunFolder("fake", folder)
        place.logs.mkdir(parents=True)
        super().__init__(load_settings({}, {}), place, Console(quiet=True))
        self.on_take_down: Callable[[], None] = lambda: None
        self.is_down = False

    @property
    def ledger_file(self) -> Path:
        return self._ledger.file

    def come_up(self, then: Callable[[], None] = lambda: None) -> None:
        with self._coming_up():
            then()

    def _take_down(self) -> None:
        self._save_logs(self.log)
        self.on_take_down()
        self.is_down = True

    def states(self) -> list[ServiceState]:
        return [ServiceState("server", running=False), ServiceState("worker-1", running=True)]

    def processes(self) -> dict[str, list[int]]:
        return {}

    def log(self, service: str) -> Iterator[str]:
        if service == "server":
            raise FileNotFoundError(service)
        yield f"of {service}"

    def new_logs(self) -> dict[str, Iterator[str]]:
        return {}

    def log_tail(self, service: str, lines: int = 20) -> list[str]:
        return [service][:lines]

    def open_outside(self) -> Outside:
        raise NotImplementedError

    def disconnect(self) -> None:
        """It holds nothing."""

    @property
    def control(self) -> ServiceControl:
        raise NotImplementedError

    def _monitor(self) -> str:
        raise NotImplementedError

    def _check_services(self) -> None:
        raise NotImplementedError

    def _log_of_run(self, service: str) -> Iterator[str]:
        yield service

    def _adopt_services(self, services: Sequence[KeptService]) -> None:
        raise NotImplementedError

    def _services_to_keep(self) -> Sequence[KeptService]:
        return ()


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSandbox:
    for name, value in (("_received", False), ("_due", False), ("_raised", -60.0)):
        monkeypatch.setattr(signals, name, value)
    monkeypatch.setattr(managed, "_not_closed", [])
    monkeypatch.setattr(managed, "LEDGERS", tmp_path / "ledgers")
    return FakeSandbox(tmp_path / "run")


def interrupt() -> None:
    signals._handle(signal.SIGINT, None)


def interrupted_and_none() -> Sequence[KeptService]:
    interrupt()
    return ()


def fail() -> None:
    raise SandboxError("the engine has gone")


def test_a_signal_while_it_is_taken_down_leaves_nothing(sandbox: FakeSandbox) -> None:
    sandbox.come_up()
    sandbox.on_take_down = interrupt
    with pytest.raises(KeyboardInterrupt):
        sandbox.close()
    assert sandbox.is_down
    assert not sandbox.ledger_file.exists()
    sandbox.on_take_down = fail  # it is not taken down twice
    sandbox.close()


def test_a_close_that_was_cut_short_is_gone_on_with_by_the_next(sandbox: FakeSandbox) -> None:
    sandbox.come_up()
    sandbox.on_take_down = fail
    with pytest.raises(SandboxError):
        sandbox.close()
    assert sandbox.ledger_file.exists()
    sandbox.on_take_down = lambda: None
    sandbox.close()
    assert sandbox.is_down
    assert not sandbox.ledger_file.exists()


def test_what_nobody_has_closed_is_closed_in_the_end(sandbox: FakeSandbox) -> None:
    sandbox.come_up()
    sandbox.on_take_down = fail
    with pytest.raises(SandboxError):
        close_what_is_left()
    sandbox.on_take_down = lambda: None
    close_what_is_left()
    assert sandbox.is_down
    sandbox.is_down = False
    close_what_is_left()
    assert not sandbox.is_down


def test_a_signal_while_it_comes_up_leaves_nothing(sandbox: FakeSandbox) -> None:
    with pytest.raises(KeyboardInterrupt):
        sandbox.come_up(interrupt)
    assert sandbox.is_down
    assert not sandbox.ledger_file.exists()


def test_a_signal_while_up_tells_that_it_stays_takes_it_down(
    sandbox: FakeSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.come_up()
    sandbox.endpoints = KEPT.endpoints
    sandbox.noetl_version = KEPT.noetl_version
    monkeypatch.setattr(sandbox, "_services_to_keep", interrupted_and_none)
    connected = MagicMock(sandbox=sandbox)
    connected.close.side_effect = sandbox.close
    connected.cli.work = connected.cli.write_launcher.return_value = Path("/nowhere")
    monkeypatch.setattr(up, "_open", lambda *_: connected)
    with pytest.raises(KeyboardInterrupt):
        up.up({})
    assert sandbox.is_down
    assert not sandbox.ledger_file.exists()


def test_a_log_that_cannot_be_saved_keeps_nothing_up(sandbox: FakeSandbox, tmp_path: Path) -> None:
    sandbox.come_up()
    sandbox.close()
    assert sandbox.is_down
    assert [log.name for log in (tmp_path / "run" / "logs").iterdir()] == ["worker-1.log"]
