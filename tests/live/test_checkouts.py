"""A checkout under any name works on both sandboxes, and leaves those of others alone."""

from __future__ import annotations

import signal
from contextlib import closing
from pathlib import Path

import pytest

from noetl_acceptance.sandbox.containers import engine
from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.containers.projects import sweep_projects
from noetl_acceptance.sandbox.leftovers import left_by
from noetl_acceptance.support.polling import eventually
from tests.live.checkouts import Checkout

NAME = """it's a "#1", $HOME; co:lon é\\n"""
KINDS = [
    "embedded",
    pytest.param("compose", marks=pytest.mark.skipif(bool(compose_problem()), reason="no Docker")),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_checkout_of_any_name(kind: str, tmp_path: Path) -> None:
    checkout = Checkout(tmp_path / NAME)
    with checkout.suite("up", "-D", f"sandbox={kind}") as killed:
        eventually(
            lambda: [each for run in checkout.runs() for each in left_by(run)],
            lambda found: len(found) > 2,
            seconds=120,
            what="the first services",
        )
        killed.send_signal(signal.SIGKILL)
    (first,) = checkout.runs()
    if kind == "compose":
        with closing(engine.client()) as client:
            assert first not in "".join(sweep_projects(client, print))  # it is another checkout's
        assert left_by(first)
    with checkout.suite("up", "-D", f"sandbox={kind}") as up:
        _, told = up.communicate(timeout=300)
    assert up.returncode == 0, told
    assert f"removed what run {first} had left" in told
    assert left_by(first) == []
    assert not (checkout.folder / "runs" / first / "data").exists()
    (second,) = set(checkout.runs()) - {first}
    assert left_by(second)
    with checkout.suite("down") as down:
        _, told = down.communicate(timeout=120)
    assert down.returncode == 0, told
    assert left_by(second) == []
