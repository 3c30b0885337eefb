"""What is recorded of NoETL shows without the traveler playbooks as well."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.execution.connected_sandbox import SECOND_DATABASE, ConnectedSandbox
from noetl_acceptance.execution.faults.database import end_sessions
from noetl_acceptance.model.event_types import ENDINGS, FAILURES
from noetl_acceptance.model.record import Call, Event
from noetl_acceptance.model.request import Credential
from noetl_acceptance.noetl import event_log
from noetl_acceptance.noetl.event_reader import EventReader
from noetl_acceptance.options import load_settings
from noetl_acceptance.places import ROOT
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.sandbox.protocol import RunFolder
from noetl_acceptance.support.console import Console
from noetl_acceptance.support.polling import eventually

FOLDER = ROOT / "deviations"
PATH = "noetl_acceptance/deviations"


@contextmanager
def connected(
    folder: Path,
    workers: int,
    inflight: int,
    noetl: str = "2.8.9",
    variables: tuple[tuple[str, str], ...] = (),
) -> Iterator[ConnectedSandbox]:
    options = load_settings({"sandbox": "embedded", "noetl": noetl})
    settings = replace(
        options, workers=workers, worker_inflight=inflight, worker_variables=variables
    )
    opened = ConnectedSandbox.open(
        settings, RunFolder(f"repro-{time.time_ns()}", folder), Console(quiet=True)
    )
    try:
        yield opened
    finally:
        opened.close()


def ended(
    at: ConnectedSandbox, name: str, payload: Mapping[str, object], seconds: float
) -> tuple[event_log.Ending, tuple[Event, ...]]:
    asked = time.time()
    execution_id = str(at.api.execute(f"{PATH}/{name}", payload)["execution_id"])
    found = eventually(
        lambda: event_log.find_ending(at.connection, execution_id, asked, time.time()),
        lambda ending: ending is not None,
        seconds=seconds,
        what=f"the end of {name}",
    )
    events = EventReader(at.connection, execution_id, asked, ()).all()
    return cast(event_log.Ending, found), events


def register(at: ConnectedSandbox, name: str) -> None:
    at.api.register_playbook((FOLDER / f"{name}.yaml").read_text())


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("2.8.9", "Postgres connection is not configured"),
        ("4.26.0", "Postgres auth resolution failed"),
    ],
)
def test_a_missing_credential_is_not_named(release: str, words: str, tmp_path: Path) -> None:
    with connected(tmp_path, workers=1, inflight=1, noetl=release) as at:
        register(at, "missing_credential")
        ending, events = ended(at, "missing_credential", {}, 30)
    told = [event.error_text for event in events if event.event_type in FAILURES]
    assert ending.reason in ("playbook.failed", "command.failed")
    assert any(words in text for text in told)
    assert not any("no_such_credential" in text for text in told)


@pytest.mark.parametrize(
    ("pooled", "end"), [("true", "playbook.failed"), ("false", "playbook.completed")]
)
def test_a_pool_gives_out_a_connection_that_is_lost(pooled: str, end: str, tmp_path: Path) -> None:
    variables = (("NOETL_POSTGRES_USE_POOL_DEFAULT", pooled),)
    with connected(tmp_path, workers=1, inflight=1, variables=variables) as at:
        # The worker alone has sessions at the second database; the server loses none.
        at.set_credential(Credential.default("of the second database"))
        register(at, "pooled_query")
        before, _ = ended(at, "pooled_query", {}, 30)
        with at.connections.connect(dbname=SECOND_DATABASE) as session:
            end_sessions(session)
        after, _ = ended(at, "pooled_query", {}, 30)
        later, _ = ended(at, "pooled_query", {}, 30)
    assert (before.reason, later.reason) == ("playbook.completed", "playbook.completed")
    assert after.reason == end


def test_a_parent_gives_up_a_child_whose_calls_hold_up_its_worker(tmp_path: Path) -> None:
    # It does so when it asks for the child's status at the wrong moment of a call: seen at the
    # 6th call and at the 10th (some were given out twice), in nearly every execution.
    with connected(tmp_path, workers=1, inflight=8) as at:
        at.profile_api.scenario("slow", [Rule("delay", seconds=12)])
        register(at, "blocked_child")
        register(at, "blocked_parent")
        url = f"{at.sandbox.endpoints.profile_api_inside}/s/slow/call"
        for _ in range(3):
            ending, events = ended(at, "blocked_parent", {"url": url}, 200)
            if ending.reason == "playbook.failed":
                break
    assert ending.reason == "playbook.failed"
    parent = parent_of(events)
    assert not [e for e in events if e.event_type in ENDINGS and e.execution_id != parent]


def parent_of(events: tuple[Event, ...]) -> str:
    return next(each.execution_id for each in events if each.parent_execution_id is None)


@pytest.mark.parametrize(
    ("release", "name", "most"),
    [
        ("2.8.5", "parallel_calls", 1),
        ("2.8.9", "parallel_calls", 3),
        ("2.8.9", "limited_calls", 2),
        ("rust", "limited_calls", 3),
    ],
)
def test_calls_of_a_parallel_loop_in_flight(
    release: str, name: str, most: int, tmp_path: Path
) -> None:
    with connected(tmp_path, workers=3, inflight=1, noetl=release) as at:
        at.profile_api.scenario("slow", [Rule("delay", seconds=0.5)])
        register(at, name)
        url = f"{at.sandbox.endpoints.profile_api_inside}/s/slow/call"
        ending, _ = ended(at, name, {"url": url}, 60)
        journal = at.profile_api.journal("slow")
    calls = [Call.model_validate(call, from_attributes=True) for call in journal]
    assert ending.reason == "playbook.completed"
    assert peak_in_flight(calls) == most


def test_the_items_that_a_limit_holds_back_are_given_out_twice(tmp_path: Path) -> None:
    # Its end is not waited for: the loop may be done before its last item, and then there is none.
    with connected(tmp_path, workers=4, inflight=1, noetl="4.26.0") as at:
        at.profile_api.scenario("slow", [Rule("delay", seconds=0.5)])
        register(at, "repeated_items")
        url = f"{at.sandbox.endpoints.profile_api_inside}/s/slow/call"
        at.api.execute(f"{PATH}/repeated_items", {"url": url})
        journal = eventually(
            lambda: at.profile_api.journal("slow"),
            lambda calls: len(calls) > 8,
            seconds=60,
            what="a ninth call",
        )
    calls = [Call.model_validate(call, from_attributes=True) for call in journal]
    assert peak_in_flight(calls) > 2


@pytest.mark.parametrize("release", ["2.8.5", "2.8.9"])
def test_one_call_that_fails_costs_the_answers_of_its_loop(release: str, tmp_path: Path) -> None:
    with connected(tmp_path, workers=3, inflight=1, noetl=release) as at:
        last = [
            Rule("status", status=500, travelers=(4,)),
            Rule("delay", travelers=(4,), seconds=1),
        ]
        at.profile_api.scenario("bad", last)
        register(at, "failed_call")
        url = f"{at.sandbox.endpoints.profile_api_inside}/s/bad/call"
        ending, events = ended(at, "failed_call", {"url": url}, 60)
        answered = {
            call.traveler_id for call in at.profile_api.journal("bad") if call.answer == "good"
        }
    assert ending.reason in ("playbook.failed", "command.failed")
    assert answered == {1, 2, 3}  # well, and all in vain
    assert "keep_answers" not in {event.node_name for event in events}
