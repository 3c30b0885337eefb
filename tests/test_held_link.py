"""A link that is held for a while: what is held is told, and in the end passes or is lost."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.execution.faults.held_link import HeldLink
from noetl_acceptance.link_proxy.faults import LinkFault
from tests.fakes.sandbox import FakeLinks

SILENT = LinkFault("silent", source="worker-2", direction="requests")


@pytest.fixture
def proxy() -> Any:
    return FakeLinks()


def test_only_what_is_held_of_its_source_and_direction_counts(proxy: Any) -> None:
    held = HeldLink(proxy, "worker-server", "requests", "worker-2")
    assert held.held == 0
    proxy.set("worker-server", LinkFault("silent", source="worker-3"))
    assert held.held == 0
    proxy.set("worker-server", LinkFault("silent", source="worker-2", direction="answers"))
    assert held.held == 0
    held.hold()
    assert held.held == 1
    assert held.told == "among the requests of worker-server of worker-2"


@pytest.mark.parametrize(("drops", "then"), [(False, []), (True, ["cut"])])
def test_what_is_held_passes_or_is_lost_with_its_connections(
    proxy: Any, drops: bool, then: list[str]
) -> None:
    held = HeldLink(proxy, "worker-server", "requests", "worker-2", drops=drops)
    held.hold()
    for _ in range(2):
        held.release()
    cut = [("worker-server", LinkFault(mode, source="worker-2")) for mode in then]  # type: ignore[arg-type]
    assert proxy.given == [("worker-server", SILENT), *cut, "clear"]


def test_another_fault_that_the_link_is_under_by_then_stays(proxy: Any) -> None:
    held = HeldLink(proxy, "worker-postgres", "answers")
    held.hold()
    proxy.set("worker-postgres", LinkFault("cut"))
    held.release()
    assert proxy.faults("worker-postgres") == [LinkFault("cut")]
