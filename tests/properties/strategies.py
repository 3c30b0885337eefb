"""Draws healthy records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from noetl_acceptance.model.request import Workload
from tests.properties.cases import Case, Draw
from tests.properties.held import case_of
from tests.properties.runs import BAD, SHAPES, Shape

WORDS = ("'; DROP", "{{ x }}", "{a: 1}", "100 % $y", "back\\slash", '"Q"', "Jürgen ß", "王 ﬁ")
"""Words of names that break what is careless; the first word of a record is one of these."""

LACKING = (
    "source_name",
    "name",
    "normalized_name",
    "payload",
    "reason",
    "call_traveler_id",
    "call_traveler_name",
)

workloads = st.builds(
    Workload,
    seed_rows=st.integers(0, 14),
    batch_size=st.integers(1, 5),
    max_batches=st.integers(1, 4),
)
"""Any sizes: more or fewer seeds than capacity, batches that are empty or partly filled."""


@st.composite
def crowded(draw: Draw, *, empty_last: bool = False) -> Workload:
    """Draw sizes with two batches of two travelers or more, and at least one batch after them.

    That one may be filled, partly filled or empty.
    """
    size = draw(st.integers(2, 4))
    batches = draw(st.integers(3, 4))
    most = (batches - 1) * size if empty_last else batches * size + 2
    seeds = draw(st.integers(2 * size, most))
    return Workload(seed_rows=seeds, batch_size=size, max_batches=batches)


def shapes(sizes: st.SearchStrategy[Workload], **fixed: Any) -> st.SearchStrategy[Shape]:
    """Draw shapes without bad answers, with all names."""
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "workload": sizes,
        "words": st.tuples(st.sampled_from(WORDS), st.sampled_from((*WORDS, "plain", "a b"))),
        "seconds": st.lists(st.sampled_from((0.05, 0.25, 1.0, 7.5)), min_size=1, max_size=2).map(
            tuple
        ),
        "at_once": st.integers(1, 5),
        "workers": st.integers(2, 6),
        "commands": st.sampled_from(("each", "each try", "loop")),
        "tool_list": st.booleans(),
        "kept": st.integers(0, len(SHAPES) - 1),
        "times": st.sampled_from(("exact", "whole seconds", "none", "another zone")),
        "others": st.sampled_from(((), ("7",), ("7", "8"))),
    }
    return st.builds(Shape, **{**drawn, **{name: st.just(fixed[name]) for name in fixed}})


def sparable(load: Workload) -> list[int]:
    """Return travelers in range but the first of each batch: without them each keeps a row."""
    return [i for i in load.travelers if (i - 1) % load.batch_size]


@st.composite
def healthy(draw: Draw) -> Case:
    """Draw a record with nothing to find: any sizes, retries, a single worker, names that lack."""
    shape: Shape = draw(shapes(workloads))
    lacking = draw(st.sets(st.sampled_from(LACKING), max_size=2))
    retried = draw(_some(shape.workload.travelers))
    if shape.workload.travelers and draw(st.booleans()):
        retried = {shape.workload.travelers[-1]}
    return case_of(
        replace(
            shape,
            lacking=frozenset(lacking),
            retried=frozenset(retried),
            workers=draw(st.integers(1, 3)),
            sink=draw(st.booleans()),
            columns=draw(st.booleans()),
        )
    )


@st.composite
def spoilt(draw: Draw, *, fate: str = "any", least: int = 0) -> Case:
    """Draw a healthy Run in which some travelers are answered badly, and the first one is not.

    Args:
        draw: hypothesis's.
        fate: of whom is answered badly only: ``refused``, ``lost`` or any of these.
        least: how many have that fate at least; they are not the first of their batches.
    """
    shape: Shape = draw(shapes(crowded()))
    able = sparable(shape.workload)
    bad = st.sampled_from(sorted(BAD))
    unlucky = st.dictionaries(st.sampled_from(able), bad, min_size=max(least, 1), max_size=3)
    refused = draw(unlucky) if fate in ("any", "refused") else {}
    lost = draw(unlucky) if fate in ("any", "lost") else {}
    lost = {each: kind for each, kind in lost.items() if each not in refused}
    once = draw(st.sampled_from(able))
    retried = frozenset({once} - {*refused, *lost})
    return case_of(replace(shape, refused=refused, lost=lost, retried=retried))


def runs(*, empty_last: bool = False, **fixed: Any) -> st.SearchStrategy[Case]:
    """Draw healthy records with room for damage: see ``crowded``."""
    return shapes(crowded(empty_last=empty_last), **fixed).map(case_of)


def _some(travelers: Collection[int]) -> st.SearchStrategy[set[int]]:
    able = list(travelers)
    return st.sets(st.sampled_from(able), max_size=3) if able else st.just(set())
