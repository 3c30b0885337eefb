"""Runs probes: a small playbook of the suite's own, for what is seen of NoETL on the wire."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from itertools import cycle, islice
from typing import cast

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.call_reader import CallReader
from noetl_acceptance.execution.connected_sandbox import ConnectedSandbox, UnfinishedExecution
from noetl_acceptance.model.event_types import FAILURES
from noetl_acceptance.model.probe_record import OUTSIDE, TLS, ProbeRecord
from noetl_acceptance.model.wording import counted
from noetl_acceptance.noetl import event_log
from noetl_acceptance.noetl.api import execution_id_in
from noetl_acceptance.noetl.event_reader import EventReader
from noetl_acceptance.places import ROOT
from noetl_acceptance.profile_api.client import ProfileApi
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.sandbox.protocol import Capability, require
from noetl_acceptance.support.clocks import ClockWatch, step_words
from noetl_acceptance.support.polling import DeadlineError, eventually

CALLS = ROOT / "probes" / "calls.yaml"
CALLS_PATH = "noetl_acceptance/probes/calls"


def run_probe(
    connected: ConnectedSandbox,
    target: str,
    count: int,
    *,
    rules: Sequence[Rule] = (),
    seconds: float,
    left: Callable[[UnfinishedExecution], None],
) -> ProbeRecord:
    """Let NoETL make http calls one after the other, and record what was seen of them.

    Args:
        connected: the sandbox.
        target: one of ``TARGETS``.
        count: how many calls.
        rules: how they are answered.
        seconds: the deadline for the execution's end.
        left: is told of the execution where it may be at work still.

    Raises:
        DeadlineError: the execution did not end in time.
        NotJudgedError: the sandbox lacks what is to be called; or the clock was set meanwhile.
        RefusedError: NoETL did not take the playbook or the request.
        SandboxError: a service cannot be reached.
    """
    journal = f"probe-{secrets.token_hex(4)}"
    connection = connected.connection
    with _called(connected, target) as (api, bases):
        api.scenario(journal, rules)
        addresses = [{"url": f"{base}/s/{journal}/probe"} for base in islice(cycle(bases), count)]
        before = len(connected.profile_api.attempts())
        connected.api.register_playbook(CALLS.read_text(encoding="utf-8"))
        asked, clock = time.time(), ClockWatch()
        answer = connected.api.execute(CALLS_PATH, {"addresses": addresses})
        execution_id = execution_id_in(answer)
        told = f"probe: {counted(count, 'call')}, one after the other"
        with (
            connected.console.phase(told, seconds),
            _steady(clock, execution_id),
            ExitStack() as unless_ended,
        ):
            unless_ended.callback(left, UnfinishedExecution(execution_id, journal, asked))
            ending = eventually(
                lambda: event_log.find_ending(connection, execution_id, asked, time.time()),
                lambda found: found is not None,
                seconds=seconds,
                what=f"the end of the probe {execution_id} ({target})",
                context=lambda: event_log.open_steps(connection, execution_id, asked, time.time()),
                pace=connected.pace,
            )
            unless_ended.pop_all()
        events = EventReader(connection, execution_id, asked, ()).all()
        errors = (event.reason for event in events if event.event_type in FAILURES)
        return ProbeRecord(
            execution_id=execution_id,
            target=target,
            asked=count,
            address=bases[0].partition("://")[2],
            end=cast(event_log.Ending, ending).reason,
            error=next(filter(None, errors), ""),
            calls=CallReader(api, journal).read(),
            attempts=tuple(connected.profile_api.attempts()[before:]),
        )


@contextmanager
def _steady(clock: ClockWatch, execution_id: str) -> Iterator[None]:
    """Judge nothing of a probe during which the clock was set, whether it ended in time or not.

    Raises:
        NotJudgedError: it was.
    """
    late: DeadlineError | None = None
    try:
        yield
    except DeadlineError as error:
        if not clock.was_set:
            raise
        late = error
    if clock.was_set:
        when = f" during the probe {execution_id}"
        raise NotJudgedError(step_words(clock.moved, when)) from late


@contextmanager
def _called(connected: ConnectedSandbox, target: str) -> Iterator[tuple[ProfileApi, list[str]]]:
    """Give the API that a target means, and its addresses as NoETL's workers name them."""
    endpoints = connected.sandbox.endpoints
    if target == OUTSIDE:
        outside = connected.sandbox.open_outside()
        with closing(ProfileApi(outside.here, endpoints.control_token)) as api:
            yield api, [outside.there]
    elif target == TLS:
        require(connected.sandbox, Capability.TLS)
        yield connected.profile_api, [endpoints.profile_api_tls]
    else:
        require(connected.sandbox, Capability.SECOND_ADDRESS)
        yield connected.profile_api, [endpoints.profile_api_inside, endpoints.profile_api_second]
