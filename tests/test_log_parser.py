"""Errors in logs, and the watch over a sandbox's services."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.checks.log_findings import newest_errors
from noetl_acceptance.execution.service_monitor import ServiceMonitor
from noetl_acceptance.noetl.log_parser import MOST_CHARACTERS, errors_in
from noetl_acceptance.sandbox.protocol import Sandbox, ServiceState

WORKER = """\
2026-11-24T23:47:31.900000 [INFO]  /lib/noetl/worker/v2_worker_nats.py:327
(v2_worker_nats:start:327)
     Message: Worker starting
2026-11-24T23:47:31.905747 [ERROR]  /lib/noetl/tools/postgres/executor.py:337
(executor:_execute_postgres_task_async:337)
     Message: Postgres task execution error: not configured
     notification: {"execution_id": 7}
Traceback (most recent call last):
  File "executor.py:234" in _execute_postgres_task_async
    pg_host = validate()
              ~~~~~~~~^
ValueError: Postgres connection is not configured.

2026-11-24T23:47:31.907306 [INFO]  /lib/noetl/worker/v2_worker_nats.py:1266
     Message: [PERF] took 455.2ms
"""


def at(clock: str) -> float:
    return datetime.fromisoformat(f"2026-11-24T{clock}").replace(tzinfo=UTC).timestamp()


def test_noetl_s_errors_and_tracebacks_are_found_with_their_time() -> None:
    error, traceback = errors_in(WORKER, "worker-1")
    assert (error.service, error.at, error.traceback) == ("worker-1", at("23:47:31.905747"), False)
    assert error.text == "Postgres task execution error: not configured"
    assert (traceback.at, traceback.traceback) == (at("23:47:31.905747"), True)
    assert traceback.text.splitlines()[0] == "Traceback (most recent call last):"
    assert traceback.text.splitlines()[-1] == "ValueError: Postgres connection is not configured."


def test_postgres_and_nats_errors_are_found() -> None:
    log = (
        "2026-11-24 23:47:16.017 UTC [18] FATAL:  the database system is starting up\n"
        '2026-11-24 23:47:17.000 UTC [19] ERROR:  relation "x" does not exist\n'
        "[2472] 2026/11/24 23:47:18.500000 [ERR] no quorum\n"
        "INFO:     Started server process [2529]\n"
    )
    assert [(e.at, e.text.split("] ", 1)[1]) for e in errors_in(log, "any")] == [
        (at("23:47:17.000"), 'ERROR:  relation "x" does not exist'),
        (at("23:47:18.5"), "2026/11/24 23:47:18.500000 [ERR] no quorum"),
    ]


@pytest.mark.parametrize(
    "head",
    [
        "[2026-11-25 03:45:30 +0000] [19738] [ERROR] Error in ASGI Framework\n",
        "ERROR:    Exception in ASGI application\n",
        "2026-11-24T23:47:31.905747 [ERROR]  /lib/x.py:1\n(x:y:1)\n     Message: ",
        "",
    ],
)
def test_a_traceback_is_found_whatever_stands_before_it(head: str) -> None:
    log = f"{head}Traceback (most recent call last):\n  File x\nValueError: no\nINFO: on\n"
    found = [error.text for error in errors_in(log, "any") if error.traceback]
    assert [text.splitlines()[-1] for text in found] == ["ValueError: no"]


def test_an_endless_traceback_is_cut_in_the_middle() -> None:
    log = "Traceback (most recent call last):\n" + "    deeper\n" * 9999 + "ValueError: the end\n"
    (found,) = errors_in(log, "any")
    assert len(found.text) <= MOST_CHARACTERS + 20
    assert found.text.endswith("ValueError: the end")


@given(st.text())
def test_no_log_breaks_the_reader(log: str) -> None:
    for error in errors_in(log, "any"):
        assert error.service == "any"


class Services:
    """A sandbox that logs and stands as it is told."""

    secrets: Mapping[str, str] = {"postgres": "s3cret-word"}

    def __init__(self) -> None:
        self.log = ""
        self.cuts: Sequence[int] = ()
        self.life = "1"
        self.code: int | None = None

    def new_logs(self) -> dict[str, Iterator[str]]:
        lines, self.log = self.log.splitlines(keepends=True), ""
        cuts = [0, *sorted(self.cuts), len(lines)]
        parts = ("".join(lines[a:b]) for a, b in itertools.pairwise(cuts))
        return {"server": filter(None, parts)}

    def states(self) -> list[ServiceState]:
        return [ServiceState("server", self.code is None, self.code, self.life)]


def test_the_watch_tells_each_error_once_and_without_passwords() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "ERROR: s3cret-word is wrong\n"
    assert [error.text for error in watch.errors()] == ["ERROR: [redacted] is wrong"]
    assert watch.errors() == []


@given(st.lists(st.integers(0, len(WORKER.splitlines())), max_size=5))
def test_the_watch_tells_the_same_however_a_log_is_cut_into_parts(cuts: list[int]) -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log, services.cuts = WORKER, cuts
    assert watch.errors() == errors_in(WORKER, "server")


def test_what_is_logged_before_an_execution_is_told_outside_of_it() -> None:
    services = Services()
    services.log = "ERROR: as it started\n"
    watch = ServiceMonitor(cast(Sandbox, services))
    watch.set_aside()
    services.log = "ERROR: in the execution\n"
    assert [error.text for error in watch.errors()] == ["ERROR: in the execution"]
    services.log = "ERROR: after it\n"
    assert [error.text for error in watch.outside()] == ["ERROR: as it started", "ERROR: after it"]
    assert watch.outside() == []


def test_errors_are_seen_before_they_are_taken_and_the_newest_of_a_service_are_told() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "ERROR: of one before\n"
    watch.set_aside()
    services.log = "ERROR: a\nERROR: b\nERROR: c\nERROR: b\n" + "INFO: on\n" * 1000
    seen = watch.seen()
    assert watch.errors() == watch.seen() == seen
    told = "server logged at an unknown time: ERROR: "
    assert newest_errors(seen) == [f"{told}c", f"{told}b"]
    watch.set_aside()
    assert watch.seen() == []


def test_the_watch_tells_exits_and_restarts() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    assert [change.state for change in watch.standing()] == ["up"]
    watch.look()
    assert watch.untold() == []
    services.life = "2"
    watch.look()
    assert [change.state for change in watch.untold()] == ["restarted"]
    services.code = 137
    watch.look()
    assert [change.state for change in watch.untold()] == ["exited 137 (SIGKILL)"]
    assert [change.state for change in watch.history] == ["restarted", "exited 137 (SIGKILL)"]
    assert [change.state for change in watch.standing()] == ["exited 137 (SIGKILL)"]


def test_the_watch_tells_a_service_that_is_not_there_any_more() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.states = list  # type: ignore[method-assign]
    assert watch.unfit() == ["server has ended"]
    assert [change.cause for change in watch.untold()] == ["unseen"]


def test_a_traceback_that_is_still_written_is_told_whole() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "INFO: on\nTraceback (most recent call last):\n  File x\n"
    assert watch.errors() == []
    services.log = "ValueError: no\nINFO: on\n"
    assert [error.text.splitlines()[-1] for error in watch.errors()] == ["ValueError: no"]
    assert watch.errors() == []


def test_a_traceback_that_never_ends_is_told_when_nothing_more_comes() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "Traceback (most recent call last):\n  File x\n"
    assert watch.errors() == []
    assert [error.traceback for error in watch.errors()] == [True]
    assert watch.errors() == []


@given(st.lists(st.integers(0, len(WORKER.splitlines())), max_size=5), st.data())
def test_the_watch_tells_the_same_whatever_it_has_read_ahead(
    cuts: list[int], data: st.DataObject
) -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    lines = WORKER.splitlines(keepends=True)
    places = [0, *sorted(cuts), len(lines)]
    for begin, end in itertools.pairwise(places):
        services.log += "".join(lines[begin:end])
        if data.draw(st.booleans()):
            watch.read_ahead()
    assert watch.errors() == errors_in(WORKER, "server")


def test_a_traceback_of_which_a_part_was_read_ahead_is_told_whole() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "INFO: on\nTraceback (most recent call last):\n  File x\n"
    watch.read_ahead()
    watch.read_ahead()
    assert watch.errors() == []
    services.log = "ValueError: no\nINFO: on\n"
    watch.read_ahead()
    assert [error.text.splitlines()[-1] for error in watch.seen()] == ["ValueError: no"]


def test_an_error_whose_message_is_still_to_come_is_told_with_it() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "2026-11-24T08:00:00 [ERROR] noetl.worker:7\n"
    watch.read_ahead()
    services.log = "Message: no worker is free\nINFO: on\n"
    assert [error.text for error in watch.errors()] == ["no worker is free"]


def test_a_log_of_a_service_that_has_gone_is_told_to_its_end() -> None:
    services = Services()
    watch = ServiceMonitor(cast(Sandbox, services))
    services.log = "ERROR: the last word\n"
    watch.read_ahead()
    services.new_logs = dict  # type: ignore[method-assign]
    assert [error.text for error in watch.errors()] == ["ERROR: the last word"]
