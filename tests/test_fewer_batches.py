"""Parents that run fewer rounds than they are asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.execution.fixtures.fewer_batches import STEP, with_rounds
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.places import ROOT

PAIRS = [*ROOT.glob("playbooks/*/"), *sorted(ROOT.glob("tests/pairs/*/*/"))]


@pytest.mark.parametrize("folder", PAIRS, ids=lambda folder: folder.name)
def test_the_loop_goes_over_what_a_step_before_it_hands_on(folder: Path) -> None:
    pair = load_pair(folder)
    before, after = pair.parent.steps(), with_rounds(pair, 2).parent.steps()
    assert after.keys() - before.keys() == {STEP}
    (loop,) = (name for name, step in after.items() if STEP in str(step.get("loop")))
    assert after[STEP]["tool"]["args"]["batches"] == before[loop]["loop"]["in"]
    assert [arc["step"] for arc in after[STEP]["next"]["arcs"]] == [loop]
    assert f"'step': '{loop}'" not in str([s.get("next") for n, s in after.items() if n != STEP])
    assert STEP in str([step.get("next") for step in after.values()])
    assert pair.parent.steps() == before


def test_only_the_first_rounds_are_handed_on() -> None:
    step = with_rounds(load_pair(PAIRS[0]), 2).parent.steps()[STEP]
    told: dict[str, Any] = {"batches": ["a", "b", "c"]}
    exec(step["tool"]["code"], told)  # noqa: S102 - as NoETL does
    assert told["result"] == {"rounds": ["a", "b"]}


@pytest.mark.parametrize(
    "step", ["next: end", "loop: {cursor: {kind: postgres}}, tool: {kind: playbook}"]
)
def test_a_parent_without_such_a_loop_is_not_judged(step: str) -> None:
    pair = load_pair(PAIRS[0])
    bare = pair.parent.model_copy(update={"text": f"workflow: [{{step: start, {step}}}]"})
    with pytest.raises(NotJudgedError, match="no loop of the parent over a list runs the worker"):
        with_rounds(pair.model_copy(update={"parent": bare}), 2)
