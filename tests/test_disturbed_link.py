"""A disturbed link: its effect and its healing are told once they are seen, and not before."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from noetl_acceptance.execution.faults.links import DisturbedLinks
from noetl_acceptance.link_proxy.faults import Link, LinkFault, Traffic

LINK: Link = "worker-nats"


class FakeProxy:
    """A proxy whose traffic is what the test says."""

    def __init__(self) -> None:
        self.set_faults: list[LinkFault] = []
        self.workers = Traffic(LINK, "worker-1", cut=2, refused=1, requests_held=3)
        self.others = Traffic("server-nats", "server", cut=5, answers_held=9)

    def set(self, link: Link, fault: LinkFault) -> None:
        assert link == LINK
        self.set_faults.append(fault)

    def clear(self) -> None:
        self.set_faults.clear()

    def faults(self, link: Link) -> list[LinkFault]:
        return self.set_faults if link == LINK else []

    def traffic(self) -> list[Traffic]:
        return [self.workers, self.others]


@pytest.fixture
def proxy() -> FakeProxy:
    return FakeProxy()


def disturbed(proxy: Any, fault: LinkFault) -> DisturbedLinks:
    return DisturbedLinks(proxy, [LINK], fault)


def test_a_cut_is_felt_by_a_reset_after_it(proxy: FakeProxy) -> None:
    link = disturbed(proxy, LinkFault("cut"))
    link.make()
    assert link.felt() == ""
    proxy.workers.refused += 1
    assert link.felt() == "1 connection of worker-nats reset"


def test_a_cut_of_another_worker_is_not_felt(proxy: FakeProxy) -> None:
    link = disturbed(proxy, LinkFault("cut", source="worker-2"))
    link.make()
    proxy.workers.refused += 1
    assert link.felt() == ""


def test_silence_is_felt_by_what_is_held_in_its_direction(proxy: FakeProxy) -> None:
    link = disturbed(proxy, LinkFault("silent", direction="answers"))
    link.make()
    assert link.felt() == ""
    proxy.workers.answers_held = 7
    assert link.felt() == "7 bytes of worker-nats held"


def test_of_several_links_any_is_felt_and_all_are_healed() -> None:
    faults: dict[Link, LinkFault] = {}
    held = Traffic("server-nats", "server")
    proxy: Any = SimpleNamespace(
        set=faults.__setitem__,
        clear=faults.clear,
        faults=lambda link: [faults[link]] if link in faults else [],
        traffic=lambda: [Traffic(LINK, "worker-1"), held],
    )
    links = DisturbedLinks(proxy, [LINK, "server-nats"], LinkFault("silent"))
    links.make()
    assert list(faults) == [LINK, "server-nats"]
    assert links.felt() == ""
    held.requests_held = 7
    assert links.felt() == "7 bytes of server-nats held"
    assert str(links.unfelt(20)) == (
        "worker-nats and server-nats were to be silent, "
        "and for 20 s nothing has come by any of them"
    )
    del faults[LINK]
    assert links.healed() == ""
    links.heal()
    assert links.healed() == ""
    held.requests_held = 0
    assert links.healed() == "the proxy refuses and holds nothing of worker-nats and server-nats"


def test_a_link_is_healed_when_nothing_is_set_and_nothing_held(proxy: FakeProxy) -> None:
    link = disturbed(proxy, LinkFault("silent"))
    link.make()
    assert link.healed() == ""
    link.heal()
    assert link.healed() == ""
    proxy.workers.requests_held = 0
    assert link.healed() == "the proxy refuses and holds nothing of worker-nats"
