"""The removal of compose projects, where the engine does not do as it is told."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import MagicMock

import pytest
from docker.errors import APIError

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.containers import projects
from noetl_acceptance.sandbox.containers.projects import (
    NETWORK_TRIES,
    remove_project,
    sweep_projects,
)
from noetl_acceptance.sandbox.owner import Owner, label_of

ATTACHED = APIError("network x has active endpoints")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(projects, "WORK", tmp_path)
    monkeypatch.setattr(projects, "LEDGERS", tmp_path)
    monkeypatch.setattr("time.sleep", lambda _: None)


def engine(*removals: Exception | None) -> MagicMock:
    """An engine with a network whose removals end like that, and a volume."""
    client = MagicMock()
    client.containers.list.return_value = []
    network = MagicMock()
    network.remove.side_effect = removals
    client.networks.list.return_value = [network]
    client.volumes.list.return_value = [MagicMock()]
    return client


def test_a_network_that_is_let_go_of_late_is_removed() -> None:
    client = engine(ATTACHED, ATTACHED, None)
    remove_project(client, "p")
    assert client.networks.list.return_value[0].remove.call_count == 3


def test_a_network_that_is_never_let_go_of_is_told_with_the_remedy() -> None:
    client = engine(*[ATTACHED] * NETWORK_TRIES)
    with pytest.raises(SandboxError, match="until it is started anew"):
        remove_project(client, "p")
    client.volumes.list.return_value[0].remove.assert_called_once()


def test_a_refusal_of_another_kind_is_not_waited_out() -> None:
    client = engine(APIError("no space left"))
    with pytest.raises(SandboxError, match="the next run removes it"):
        remove_project(client, "p")


def test_a_project_that_stays_keeps_no_other_from_being_swept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = Owner.here()
    dead = label_of(here.model_copy(update={"start": here.start - 1}), tmp_path)
    monkeypatch.setattr(projects, "_owners", lambda _: {"first": dead, "second": dead})
    client = engine(APIError("refused"), None)
    said: list[str] = []
    assert sweep_projects(client, said.append) == ["second"]
    assert [line.partition(":")[0] for line in said] == ["first could not be removed"]
