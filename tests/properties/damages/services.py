"""Probes, logs and secrets: what is seen beside executions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.checks import log_findings, network, secrecy
from noetl_acceptance.checks.log_findings import ExpectedLog
from noetl_acceptance.model.leak import Leak
from noetl_acceptance.model.probe_record import OUTSIDE, TLS, TWO_ADDRESSES, ProbeRecord
from noetl_acceptance.model.record import Call
from noetl_acceptance.model.services import LogError, ServiceChange
from tests.properties.cases import Case, Damage, Draw, Found, Hit, Tells, by_nobody
from tests.properties.damages.playbooks import TEXTS
from tests.properties.strategies import runs
from tests.runs import call_of

ADDRESS = "127.0.0.9:4711"


EXPECTED = (ExpectedLog(tag="logs_late", words=("ReadTimeout", "PoolTimeout"), reason="never"),)


BROKEN = "Traceback (most recent call last):\n  File x\nhttpx.{}: late"


@st.composite
def probes(draw: Draw) -> Case:
    """Draw a probe whose calls arrive, two seconds apart at each of two addresses."""
    protocol = draw(st.sampled_from(["HTTP/1.1", "HTTP/2"]))
    count = draw(st.integers(4, 9))
    used = draw(st.integers(1, count))
    pause = draw(st.sampled_from([1.5, 2.0, 5.0]))
    made = tuple(
        call_of(number + 1, 1, 100 + pause * number, 100.5 + pause * number).model_copy(
            update={"connection": str(number % used), "protocol": protocol, "traveler_id": None}
        )
        for number in range(count)
    )
    probe = _probe(made, count, draw(st.sampled_from([TWO_ADDRESSES, TLS])))
    held: dict[Any, tuple[Any, ...]] = {
        network.made_over: (protocol, used),
        network.idle_between: (),
        network.reached: (),
    }
    return Case(probe, held, used)


@st.composite
def refusals(draw: Draw) -> Case:
    """Draw a probe of a place outside: nothing arrives, and the sink has noted it."""
    count = draw(st.integers(1, 4))
    noted = (f"GET {ADDRESS}",) * draw(st.integers(1, count))
    probe = _probe((), count, OUTSIDE).model_copy(update={"attempts": noted})
    return Case(probe, {network.refused: ()})


def _probe(made: tuple[Call, ...], asked: int, target: str) -> ProbeRecord:
    return ProbeRecord(
        execution_id="1",
        target=target,
        asked=asked,
        address=ADDRESS,
        end="playbook.completed",
        error="",
        calls=made,
        attempts=(),
    )


def call_with(**fields: st.SearchStrategy[Any]) -> Callable[[Draw, Case], Hit]:
    """Return the damage that one call of a probe has other fields."""

    def harm(draw: Draw, case: Case) -> Hit:
        made = list(case.subject.calls)
        hit = draw(st.integers(0, len(made) - 1))
        drawn = {name: draw(values) for name, values in fields.items()}
        made[hit] = made[hit].model_copy(update=drawn)
        return Hit(case.with_fields(calls=tuple(made)))

    return harm


def one_call_less(_: Draw, case: Case) -> Hit:
    """Lose the last call; its connection is not missed."""
    protocol, _used = case.held[network.made_over]
    rest = case.subject.calls[:-1]
    used = len({call.connection for call in rest})
    return Hit(case.with_fields(calls=rest).holding(network.made_over, protocol, used))


def connections(draw: Draw, case: Case) -> Hit:
    protocol, used = case.held[network.made_over]
    return Hit(case.holding(network.made_over, protocol, used + draw(st.sampled_from([-1, 1]))))


def no_pause(draw: Draw, case: Case) -> Hit:
    """Let one call come less than two seconds after the one before at its address."""
    made = list(case.subject.calls)
    hit = draw(st.integers(2, len(made) - 1))
    soon = made[hit - 2].departed + draw(st.sampled_from([0.0, 1.0, 1.999]))
    made[hit] = made[hit].model_copy(update={"arrived": soon})
    return Hit(case.with_fields(calls=tuple(made)))


def probe_with(**fields: Any) -> Callable[[Draw, Case], Hit]:
    return lambda draw, case: Hit(
        case.with_fields(**{name: draw(values) for name, values in fields.items()})
    )


@st.composite
def quiet_services(draw: Draw) -> Case:
    """Draw what services that stayed up have logged: no traceback but those that are announced."""
    announced = draw(st.sampled_from(["ReadTimeout", "PoolTimeout"]))
    errors = st.lists(
        st.sampled_from(
            [error("server", "ERROR: refused"), error("worker-1", BROKEN.format(announced))]
        ),
        max_size=3,
    )
    run = draw(runs()).subject.model_copy(
        update={"log_errors": tuple(draw(errors)), "services": (change("up"),)}
    )
    return Case([run], {log_findings.quiet: (draw(errors), [], EXPECTED)})


def error(service: str, text: str) -> LogError:
    return LogError(at=100.0, service=service, traceback="Traceback" in text, text=text)


def change(state: str) -> ServiceChange:
    return ServiceChange(at=100.0, service="server", state=state)


def logged(service: str) -> Callable[[Draw, Case], Hit]:
    """Return the damage that a service logs a traceback, in an execution or outside of them."""

    def harm(draw: Draw, case: Case) -> Hit:
        broken = [error(service, BROKEN.format("ConnectError"))] * draw(st.integers(1, 2))
        kind = "traceback" if service not in log_findings.OWN else "own-traceback"
        return Hit(
            _seen(draw, case, broken=broken), more={log_findings.quiet: [Found(kind)] * len(broken)}
        )

    return harm


def changed(draw: Draw, case: Case) -> Hit:
    """Let a service exit or be started anew, in an execution or outside of them."""
    state = draw(st.sampled_from(["exited 137", "exited 0", "restarted"]))
    return Hit(_seen(draw, case, changes=[change(state)]))


def _seen(draw: Draw, case: Case, **more: Any) -> Case:
    (run,), (outside, _, expected) = case.subject, case.held[log_findings.quiet]
    broken, changes = more.get("broken", []), more.get("changes", [])
    if draw(st.booleans()):
        fields = {
            "log_errors": (*run.log_errors, *broken),
            "services": (*run.services, *changes),
        }
        return Case([run.model_copy(update=fields)], case.held)
    return case.holding(log_findings.quiet, [*outside, *broken], changes, expected)


def leak(draw: Draw, case: Case) -> Hit:
    leaks = draw(
        st.lists(
            st.builds(
                Leak,
                secret=st.sampled_from(["the password of nats", "the password of postgres"]),
                place=st.sampled_from(["the log of worker-1", "an event"]),
            ),
            min_size=1,
            max_size=3,
        )
    )
    found = [Found("secret-leaked")] * len(leaks)
    return Hit(Case(leaks, case.held), more={secrecy.none_leaked: found})


SECRETS = st.just(Case([], {secrecy.none_leaked: ()}))


UNANSWERED: Tells = {
    network.made_over: by_nobody("calls"),
    network.idle_between: by_nobody("calls"),
    network.reached: by_nobody("calls"),
}


HEALTHY = {
    "a probe that arrives": probes(),
    "a probe that is refused": refusals(),
    "services that stay up": quiet_services(),
    "no secret that is found": SECRETS,
    "the texts of the pair": TEXTS,
}


DAMAGES = [
    Damage("a call of a probe is missing", probes(), one_call_less, UNANSWERED),
    Damage(
        "a call of a probe is answered badly",
        probes(),
        call_with(answer=st.sampled_from(["abandoned", "close", "status"])),
        UNANSWERED,
    ),
    Damage(
        "a call speaks another protocol",
        probes(),
        call_with(protocol=st.just("HTTP/1.0")),
        {network.made_over: by_nobody("protocol")},
    ),
    Damage(
        "there is a connection more or less",
        probes(),
        connections,
        {network.made_over: by_nobody("connections")},
    ),
    Damage(
        "an address is not left alone",
        probes(),
        no_pause,
        {network.idle_between: by_nobody("not-idle")},
    ),
    Damage(
        "the sink has had a call that arrives",
        probes(),
        probe_with(attempts=st.just((f"GET {ADDRESS}",))),
        {network.reached: by_nobody("refused")},
    ),
    Damage(
        "a call outside arrives",
        refusals(),
        probe_with(calls=st.just((call_of(1, 1, 100, 101),))),
        {network.refused: by_nobody("reached-outside")},
    ),
    Damage(
        "a call outside is not noted",
        refusals(),
        probe_with(attempts=st.sampled_from([(), ("GET a:1",), (f"GET {ADDRESS}", "GET a:1")])),
        {network.refused: by_nobody("not-noted")},
    ),
    *(
        Damage(
            f"{service} logs a traceback",
            quiet_services(),
            logged(service),
            {log_findings.quiet: ()},
        )
        for service in ("server", "worker-1", *log_findings.OWN)
    ),
    Damage(
        "a service exits or is started anew",
        quiet_services(),
        changed,
        {log_findings.quiet: by_nobody("service-change")},
    ),
    Damage("secrets are found", SECRETS, leak, {secrecy.none_leaked: ()}),
]
