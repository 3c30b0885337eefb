"""Playbooks with another text."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

from hypothesis import strategies as st

from noetl_acceptance.checks import runtime, texts
from noetl_acceptance.model.playbooks import PlaybookPair
from tests.properties.cases import Case, Damage, Draw, Hit, by_nobody
from tests.properties.held import MOST
from tests.properties.strategies import runs
from tests.runs import PAIR

CLIENTS = ("requests", "httpx", "urllib.request", "aiohttp", "socket.socket", "os.system")
"""Some of what can make calls; ``tests/test_code.py`` has all."""


def with_worker(case: Case, old: str, new: str) -> Case:
    """Return the case with another text of the worker playbook."""
    pair: PlaybookPair = case.subject.pair
    assert old in pair.worker.text
    worker = pair.worker.model_copy(update={"text": pair.worker.text.replace(old, new)})
    return case.with_fields(pair=pair.model_copy(update={"worker": worker}))


def call_in_code(draw: Draw, case: Case) -> Hit:
    """Let the python step have what can make a call, in one of the ways to write it."""
    client: str = draw(st.sampled_from(CLIENTS)) + draw(st.sampled_from(["", ".x"]))
    module = client.split(".", maxsplit=1)[0]
    code = draw(
        st.sampled_from(
            [
                f"import {module}\nresult = {client}()",
                f"import {module} as other\nresult = {client.replace(module, 'other', 1)}()",
                f"result = __import__({client!r})",
                f"import {client}\nresult = {{{{ x }}",
            ]
        )
    )
    written = draw(
        st.sampled_from(
            [
                f"code: {json.dumps(code)}",
                f"code_b64: {base64.b64encode(code.encode()).decode()}",
            ]
        )
    )
    return Hit(with_worker(case, 'code: "import json\\nresult = {}"', written))


def allow_in_text(draw: Draw, case: Case) -> Hit:
    said = draw(st.sampled_from(["24", "26", "null", "'x'", "true"]))
    return Hit(with_worker(case, f"max_in_flight: {MOST}", f"max_in_flight: {said}"))


def loop_in_turn(draw: Draw, case: Case) -> Hit:
    return Hit(
        with_worker(
            case, "mode: parallel", draw(st.sampled_from(["mode: sequential", "mode: null"]))
        )
    )


def loop_never(draw: Draw, case: Case) -> Hit:
    """Take the loop away, or let no event tell that its step ran."""
    if draw(st.booleans()):
        return Hit(with_worker(case, "  loop: {", "  loops: {"))
    kept = tuple(
        event
        for event in case.subject.events
        if event.event_type != "step.enter" or not str(event.node_name).startswith("fetch")
    )
    return Hit(case.with_fields(events=kept))


def with_parent(old: str, *new: str) -> Callable[[Draw, Case], Hit]:
    """Return the damage that the parent's text has other words."""

    def harm(draw: Draw, case: Case) -> Hit:
        pair = case.subject.pair
        assert old in pair.parent.text
        text = pair.parent.text.replace(old, draw(st.sampled_from(new)))
        parent = pair.parent.model_copy(update={"text": text})
        return Hit(case.with_fields(pair=pair.model_copy(update={"parent": parent})))

    return harm


def default_otherwise(draw: Draw, case: Case) -> Hit:
    """Let one default of the parent be another, or be left out."""
    lines = PAIR.parent.text.splitlines()
    hit = draw(st.integers(lines.index("workload:") + 1, lines.index("workflow:") - 1))
    lines[hit : hit + 1] = draw(st.sampled_from([[], [lines[hit] + "0"], [lines[hit] + "x"]]))
    parent = PAIR.parent.model_copy(update={"text": "\n".join(lines)})
    return Hit(case.with_fields(parent=parent))


TEXTS = st.just(Case(PAIR, {texts.defaults_are: ()}))


DAMAGES = [
    Damage(
        "python code can make calls",
        runs(),
        call_in_code,
        {runtime.calls_by_http_only: by_nobody("client-in-code")},
    ),
    Damage(
        "the loop allows another number of calls in flight",
        runs(),
        allow_in_text,
        {texts.parallel_http_loop: by_nobody("max-in-flight")},
    ),
    Damage(
        "the loop is not parallel",
        runs(),
        loop_in_turn,
        {texts.parallel_http_loop: by_nobody("not-parallel-loop")},
    ),
    Damage(
        "no loop over http calls ran",
        runs(),
        loop_never,
        {texts.parallel_http_loop: by_nobody("no-parallel-loop")},
    ),
    Damage(
        "the parent waits for no step",
        runs(),
        with_parent(", return_step: end", "", ", return_step: start"),
        {runtime.parent_waits: by_nobody("return-step")},
    ),
    Damage(
        "no step of the parent that ran calls the worker",
        runs(),
        with_parent("step: run_batches", "step: run_others"),
        {runtime.parent_waits: by_nobody("no-playbook-step")},
    ),
    Damage(
        "a default of the parent is another",
        TEXTS,
        default_otherwise,
        {texts.defaults_are: by_nobody("default")},
    ),
]
