"""Orders to services that have their effect at once, or none where the test says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from noetl_acceptance.sandbox.control import BrokerState
from noetl_acceptance.sandbox.own_control import named, require

if TYPE_CHECKING:
    from tests.fakes.sandbox import FakeSandbox


@dataclass
class FakeControl:
    """Keeps the orders; the states follow them.

    Args:
        sandbox: whose services.
        without_effect: the orders that have none.
        silent: the services that do not answer though they run.
        ends_with: the exit codes with which services end, whatever ends them.
        given: each order with its service.
        releases: of services that were updated.
        told: what NATS tells.
    """

    sandbox: FakeSandbox
    without_effect: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    ends_with: dict[str, int] = field(default_factory=dict)
    given: list[tuple[str, str]] = field(default_factory=list)
    releases: dict[str, str] = field(default_factory=dict)
    told: BrokerState | None = field(default_factory=lambda: BrokerState(1, 1))

    def kill(self, service: str) -> None:
        self._order("kill", service, running=False, exit_code=self.ends_with.get(service, -9))

    def terminate(self, service: str) -> None:
        self._order("terminate", service, running=False, exit_code=self.ends_with.get(service, -15))

    def start(self, service: str) -> None:
        state = named(service, self.sandbox.states(), lambda each: each.name)
        require(state, running=False)
        self._order("start", service, running=True, exit_code=None, life=f"{len(self.given) + 1}")

    def update(self, service: str, *, beside: bool) -> None:
        self._order("update", service, running=True, exit_code=None, life=f"{len(self.given) + 1}")
        self.releases[service] = "other" if beside else "own"

    def release_of(self, service: str) -> str:
        return self.releases.get(service, "own")

    def pause(self, service: str) -> None:
        self._order("pause", service, frozen=True)

    def resume(self, service: str) -> None:
        self._order("resume", service, frozen=False)

    def add_workers(self, count: int) -> list[str]:
        first = self.sandbox.workers + 1
        names = [f"worker-{number}" for number in range(first, first + count)]
        if "add" not in self.without_effect:
            for name in names:
                self.sandbox.adds(name)
        return names

    def answers(self, service: str) -> bool:
        running = (each.name for each in self.sandbox.states() if each.running)
        return service in running and service not in self.silent

    def broker(self) -> BrokerState | None:
        return self.told

    def _order(self, order: str, service: str, **effect: object) -> None:
        self.given.append((order, service))
        if order not in self.without_effect:
            self.sandbox.becomes(service, **effect)
