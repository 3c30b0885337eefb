"""What NATS keeps is deleted: the effect is told once NATS has it no more."""

from __future__ import annotations

from typing import Any

import pytest

from noetl_acceptance.errors import NotJudgedError, SandboxError
from noetl_acceptance.execution.faults.deleted_in_nats import DeletedInNats
from noetl_acceptance.sandbox.control import BrokerPart, BrokerPartKind

FIRST = BrokerPart("COMMANDS", "at eight", "workers")
AGAIN = BrokerPart("COMMANDS", "at nine", "workers")


class FakeNats:
    """A control of NATS alone, which deletes what the test says."""

    def __init__(self, *parts: BrokerPart) -> None:
        self.parts: frozenset[BrokerPart] | None = frozenset(parts)
        self.deaf = False
        self.asked: list[BrokerPart] = []

    def broker_parts(self, _kind: BrokerPartKind) -> frozenset[BrokerPart] | None:
        return self.parts

    def delete(self, part: BrokerPart) -> None:
        self.asked.append(part)
        if self.parts and not self.deaf:
            self.parts -= {part}


def deleted(nats: Any) -> DeletedInNats:
    made = DeletedInNats(nats, "consumers")
    made.make()
    return made


def test_what_is_gone_is_felt_also_where_it_is_made_again_at_once() -> None:
    nats = FakeNats(FIRST)
    fault = deleted(nats)
    assert nats.asked == [FIRST]
    assert fault.felt() == "NATS has no more the consumer workers"
    assert fault.healed().endswith("none is there yet")
    nats.parts = frozenset({AGAIN})
    assert fault.felt() == "NATS has no more the consumer workers"
    assert fault.healed().endswith("the consumer workers is there again")


def test_what_is_still_there_is_the_sandboxs_failure() -> None:
    nats = FakeNats(FIRST)
    nats.deaf = True
    fault = deleted(nats)
    assert fault.felt() == ""
    assert isinstance(fault.unfelt(20), SandboxError)


def test_where_there_is_nothing_to_delete_nothing_is_judged() -> None:
    fault = deleted(FakeNats())
    assert fault.felt() == ""
    assert isinstance(fault.unfelt(20), NotJudgedError)


@pytest.mark.parametrize("asked", ["felt", "healed"])
def test_a_nats_that_does_not_answer_proves_nothing(asked: str) -> None:
    nats = FakeNats(FIRST)
    fault = deleted(nats)
    nats.parts = None
    assert getattr(fault, asked)() == ""
