"""The ledger difference: which travelers are not as they must be, by batch, with an example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noetl_acceptance.bdd.judge import judge
from noetl_acceptance.checks import batch_sequence, calls, ledger
from noetl_acceptance.evidence.ledger_difference import (
    Differing,
    ledger_difference,
    lines,
    whole,
)
from noetl_acceptance.model.record import Call, ExecutionRecord
from tests.runs import PAIR, PARENT, healthy_run
from tests.test_checks import SIZES, change_call, change_row, with_calls, with_stored
from tests.test_judgements import scenario_with
from tests.test_recorded import recorded

RUN = healthy_run()


@given(**SIZES)
def test_a_healthy_run_has_none(**sizes: int) -> None:
    difference = ledger_difference(healthy_run(**sizes))
    assert (difference.differing, lines(difference)) == ((), [])


def lose(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    return with_stored(record, [r for r in record.outcome.stored if r.traveler_id != traveler])


def store_twice(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    again = [row for row in record.outcome.stored if row.traveler_id == traveler]
    return with_stored(record, [*record.outcome.stored, *again])


def call_again(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    first = next(call for call in record.outcome.calls if call.traveler_id == traveler)
    later = {"arrived": first.arrived + 1, "departed": first.arrived + 2, "number": 99}
    return with_calls(record, [*record.outcome.calls, first.model_copy(update=later)])


def never_call(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    return with_calls(record, [c for c in record.outcome.calls if c.traveler_id != traveler])


def row_with(**fields: Any) -> Callable[[ExecutionRecord, int], ExecutionRecord]:
    return lambda run, traveler: change_row(run, traveler, **fields)


def bad_answer(record: ExecutionRecord, traveler: int) -> ExecutionRecord:
    return change_call(record, traveler, answer="status", status=500)


DAMAGES: list[tuple[str, Callable[[ExecutionRecord, int], ExecutionRecord], set[str]]] = [
    ("missing", lose, {"row-missing", "answer-not-stored"}),
    ("duplicated", store_twice, {"row-duplicate"}),
    ("duplicated", call_again, {"call-repeated", "row-several-answers"}),
    ("missing", never_call, {"call-missing"}),
    ("wrong", row_with(batch_number=77), {"batch-number"}),
    ("wrong", row_with(is_valid=False), {"row-no-reason"}),
    ("wrong", row_with(payload={"args": {"traveler_id": "77"}}), {"payload-foreign"}),
    ("wrong", row_with(profile_status=500), {"status-not-200"}),
    ("wrong", bad_answer, {"bad-answer-valid", "row-without-answer"}),
]


def kinds(differing: Differing) -> set[str]:
    return {finding.kind for finding in differing.findings}


@given(data=st.data(), damage=st.sampled_from(DAMAGES), **SIZES)
def test_damage_to_one_traveler_names_just_that_one(
    data: st.DataObject,
    damage: tuple[str, Callable[[ExecutionRecord, int], ExecutionRecord], set[str]],
    **sizes: int,
) -> None:
    run = healthy_run(**sizes)
    if not run.workload.travelers:
        return
    traveler = data.draw(st.sampled_from(run.workload.travelers))
    way, harm, expected = damage
    found = ledger_difference(harm(run, traveler)).differing
    batch = run.workload.batch_of(traveler)
    assert {each.travelers for each in found} == {(traveler,)}
    assert all(each.batches == {batch: (traveler,)} for each in found)
    assert all(each.example.traveler == traveler for each in found)
    assert expected <= set.union(*(kinds(each) for each in found if each.way == way))


def test_an_extra_traveler_stands_in_no_batch() -> None:
    extra = RUN.outcome.stored[0].model_copy(update={"traveler_id": 99})
    difference = ledger_difference(with_stored(RUN, [*RUN.outcome.stored, extra]))
    told = [each for each in difference.differing if each.way == "extra"]
    assert [each.batches for each in told] == [{None: (99,)}]
    assert lines(difference)[0] == "1 traveler extra (row-extra), no batch: 99"


def test_many_are_told_as_ranges_by_batch_with_one_example() -> None:
    run = with_stored(RUN, [r for r in RUN.outcome.stored if r.traveler_id not in (2, 3, 4, 9)])
    (missing,) = ledger_difference(run).differing
    assert missing.batches == {1: (2, 3, 4), 3: (9,)}
    told = lines(ledger_difference(run))
    example = "  traveler 2: +6.300 s GET for traveler 2: good (200) after 0.300 s; no row"
    assert told == [
        "4 travelers missing (row-missing, answer-not-stored), batch 1: 2–4; batch 3: 9",
        f"{example}; +10.000 s playbook.completed worker",
    ]


def test_the_example_has_its_calls_its_rows_and_what_its_worker_execution_tells() -> None:
    child = f"{PARENT}2"
    failing = next(e for e in RUN.events if e.execution_id == child and e.event_type == "call.done")
    error = failing.model_copy(
        update={"event_id": 999, "event_type": "call.error", "error": "no space left"}
    )
    run = call_again(RUN.model_copy(update={"events": (*RUN.events, error)}), 6)
    (again,) = ledger_difference(run).differing
    assert [call.traveler_id for call in again.example.calls] == [6, 6]
    assert [row.traveler_id for row in again.example.rows] == [6]
    assert {event.execution_id for event in again.example.events} == {child}
    assert [event.node_name for event in again.example.events if event.event_type == "step.enter"]
    assert "call.error start: no space left" in lines(ledger_difference(run))[1]
    text = "\n".join(whole(ledger_difference(run)))
    assert "call-repeated: requested again without need, up to 2 times" in text
    assert text.count("GET for traveler 6") == 2


def test_a_message_stays_short_however_much_differs() -> None:
    run = healthy_run(2000, 100, 20)
    worst = with_calls(with_stored(run, [r for r in run.outcome.stored if r.traveler_id % 3]), [])
    told = lines(ledger_difference(worst))
    assert len(told) <= 9
    assert max(map(len, told)) < 400
    assert told[0].endswith("; … 20 batches in all")
    assert "batch 20: 1902, 1905, " in "\n".join(whole(ledger_difference(worst)))
    assert "more" not in "\n".join(whole(ledger_difference(worst)))


def test_what_a_pair_cannot_be_judged_by_is_told() -> None:
    names = PAIR.names.model_copy(update={"payload": None})
    run = RUN.model_copy(update={"pair": PAIR.model_copy(update={"names": names})})
    difference = ledger_difference(lose(run, 3))
    assert difference.not_judged == ("the pair has no column for what the API answered",)
    assert "not judged: the pair has no column" in whole(difference)[-1]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("drops-one-row", "1 traveler missing (row-missing, answer-not-stored), batch 1: 50"),
        ("stores-one-row-twice", "1 traveler duplicated (row-duplicate), batch 1: 7"),
        ("calls-the-api-twice", "4 travelers duplicated (call-repeated, row-several-answers), "),
    ],
)
def test_recorded_defects_are_told(name: str, told: str) -> None:
    assert lines(ledger_difference(recorded(name)))[0].startswith(told)


def test_a_data_failure_tells_it_on_the_console_and_whole_in_the_folder(tmp_path: Path) -> None:
    context = scenario_with(tmp_path)
    with pytest.raises(AssertionError) as failure:
        judge(context, ledger.conserved, lose(RUN, 3))
    told = str(failure.value)
    assert "row-missing: 1 missing from the target table (travelers 3)" in told
    assert "1 traveler missing (row-missing, answer-not-stored), batch 1: 3" in told
    assert f"all of it: differences/{PARENT}.txt" in told
    text = (tmp_path / "differences" / f"{PARENT}.txt").read_text()
    assert "step.enter fetch" in text


def test_no_other_failure_tells_one(tmp_path: Path) -> None:
    context = scenario_with(tmp_path)
    judge(context, ledger.conserved, RUN)
    with pytest.raises(AssertionError) as failure:
        judge(context, batch_sequence.parent_ends_last, RUN.model_copy(update={"ended_at": 101.0}))
    with pytest.raises(AssertionError):
        judge(context, calls.in_flight_between, RUN, 2, 100)
    assert "differences" not in str(failure.value)
    assert not (tmp_path / "differences").exists()


def test_a_traveler_who_is_called_but_not_named_is_no_example() -> None:
    nameless: tuple[Call, ...] = tuple(
        call.model_copy(update={"traveler_id": None}) for call in RUN.outcome.calls[:1]
    )
    difference = ledger_difference(with_calls(RUN, [*nameless, *RUN.outcome.calls[1:]]))
    assert {each.travelers for each in difference.differing} == {(1,)}
