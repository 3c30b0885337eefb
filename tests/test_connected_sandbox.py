"""What a sandbox tells NoETL of credentials."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from noetl_acceptance.execution import connected_sandbox, connections
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox
from noetl_acceptance.model.request import Credential, CredentialState
from noetl_acceptance.noetl.cli import NoetlCli
from noetl_acceptance.sandbox.protocol import Endpoints, RunFolder
from noetl_acceptance.support.console import Console

UNREGISTERED = Credential.named("unregistered")


class _Api:
    """Keeps the names of the credentials that NoETL knows."""

    def __init__(self, url: str, _secrets: object) -> None:
        self.url = url
        self.known: set[str] = set()

    def move_to(self, url: str) -> None:
        self.url = url

    def put_credential(self, name: str, _data: Any) -> None:
        self.known.add(name)

    def delete_credential(self, name: str) -> None:
        self.known.discard(name)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ConnectedSandbox:
    monkeypatch.setattr(connected_sandbox, "NoetlApi", _Api)
    monkeypatch.setattr(connections, "LastingConnection", lambda _: None)
    address = "http://127.0.0.1:1"
    endpoints = Endpoints(address, address, address, "", "", database="", credential={})
    sandbox = cast(
        Any,
        SimpleNamespace(
            endpoints=endpoints,
            noetl_version="2.8.9",
            processes=dict,
            states=list,
            new_logs=dict,
            secrets={},
            stays=False,
        ),
    )
    return ConnectedSandbox(sandbox, RunFolder("run", tmp_path), Console())


class _Cli:
    """Keeps the server of its context."""

    def __init__(self, _folder: object, url: str, *_: object) -> None:
        self.url = url

    def move_to(self, url: str) -> None:
        self.url = url


def known(connected: ConnectedSandbox) -> set[str]:
    return cast(_Api, connected.api).known


def test_where_a_run_names_a_missing_credential_the_default_could_be_taken(
    connected: ConnectedSandbox,
) -> None:
    connected.set_credential(UNREGISTERED)
    assert known(connected) == {"pg_k8s"}


def test_a_default_that_is_missing_stays_so_when_another_is_named(
    connected: ConnectedSandbox,
) -> None:
    connected.set_credential(Credential.default("unregistered"))
    connected.set_credential(Credential.named("registered"))
    assert known(connected) == {"pg_named"}


def test_a_credential_that_is_not_registered_is_none_that_a_worker_may_remember() -> None:
    states: tuple[CredentialState, ...] = (
        "registered",
        "of the second database",
        "of an empty database",
    )
    assert UNREGISTERED.name not in {Credential.named(state).name for state in states}


def test_api_and_command_line_follow_a_server_to_its_new_address(
    connected: ConnectedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NoetlCli, "open", _Cli)
    opened = cast(_Cli, connected.cli)
    new = "http://127.0.0.1:2"
    sandbox = cast(Any, connected.sandbox)
    sandbox.endpoints = replace(sandbox.endpoints, noetl=new)
    connected.renew()
    assert (cast(_Api, connected.api).url, opened.url) == (new, new)
