"""Data that software often harms: what a record is held against, and what a pair may leave out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

import pytest

from noetl_acceptance.checks.unharmed import answers_unharmed, digests_unharmed
from noetl_acceptance.errors import NotJudgedError
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.profile_api.hard_data import NEWEST, SETS
from noetl_acceptance.profile_api.rules import Rule
from tests.runs import healthy_run


def stored(payload: Mapping[str, object], *rules: Rule) -> ExecutionRecord:
    """Return a record whose rows all hold a payload."""
    record = healthy_run()
    rows = tuple(row.model_copy(update={"payload": payload}) for row in record.outcome.stored)
    return record.model_copy(
        update={
            "outcome": record.outcome.model_copy(update={"stored": rows}),
            "request": record.request.answered_by(rules),
        }
    )


@pytest.mark.parametrize("number", SETS)
def test_a_record_is_held_against_the_set_that_was_sent(number: int) -> None:
    sent = Rule("hard_data", data=number)
    assert answers_unharmed(stored({"profile": SETS[number]}, sent)) == []
    others = [each for each in SETS if each != number]
    assert all(answers_unharmed(stored({"profile": SETS[each]}, sent)) for each in others)


def test_a_record_from_before_there_were_sets_has_the_first() -> None:
    old = Rule.from_json({"kind": "hard_data", "travelers": None})
    assert answers_unharmed(stored({"profile": SETS[1]}, old)) == []


def test_a_set_that_records_were_judged_by_stays_as_it_is() -> None:
    digests = {n: sha256(json.dumps(each).encode()).hexdigest()[:16] for n, each in SETS.items()}
    assert digests == {1: "a046dfd51364d02f", 2: "9fdaac43027ec176"}
    assert max(SETS) == NEWEST


def test_an_answer_without_its_profile_is_harmed_where_the_rest_of_it_is_kept() -> None:
    sent = Rule("hard_data", data=NEWEST)
    whole = {"args": {"traveler_id": "1"}, "headers": {}, "origin": "here", "method": "GET"}
    (first, *_) = answers_unharmed(stored(whole, sent))
    assert first.message.endswith("stored nothing under that key")
    with pytest.raises(NotJudgedError, match="no profile"):
        answers_unharmed(stored({"args": {"traveler_id": "1"}}, sent))


def test_without_a_profile_to_send_nothing_is_judged() -> None:
    with pytest.raises(NotJudgedError, match="asked for no profile"):
        answers_unharmed(stored({"origin": "here", "method": "GET"}))


@pytest.mark.parametrize("rounded", [18446744073709552000, 1.8446744073709552e19])
def test_a_rounded_number_is_told_alike_however_it_is_written(rounded: float) -> None:
    sent = Rule("hard_data", data=NEWEST)
    profile = {**SETS[NEWEST], "beyond_unsigned": rounded}
    (finding,) = answers_unharmed(stored({"profile": profile}, sent))
    assert finding.seen == "1.8446744073709552E+19"
    assert "sent 18446744073709551616, stored 1.8446744073709552E+19" in finding.message


@pytest.mark.parametrize(
    "kept",
    [
        {"said": {"id": 1}, "headers": {"Host": "here"}},
        {"profile": {"traveler_id": "1"}},
        {"profile": {"args": {"traveler_id": "1"}, "headers": {}}, "url": "http://x"},
    ],
)
def test_a_part_that_names_the_traveler_may_be_kept_in_any_shape(kept: dict[str, object]) -> None:
    with pytest.raises(NotJudgedError, match="no profile"):
        answers_unharmed(stored(kept, Rule("hard_data", data=NEWEST)))


def test_a_pairs_own_key_is_not_taken_for_that_of_the_answer() -> None:
    whole = {"profile": {"args": {"traveler_id": "1"}, "profile": SETS[NEWEST]}}
    assert answers_unharmed(stored(whole, Rule("hard_data", data=NEWEST))) == []


def test_an_answer_whose_profile_was_emptied_is_harmed() -> None:
    emptied = {"args": {}, "origin": "here", "method": "GET", "profile": {}}
    assert answers_unharmed(stored(emptied, Rule("hard_data", data=NEWEST)))


def hashed(*hashes: str, rules: tuple[Rule, ...] = ()) -> list[str]:
    record = stored({}, *rules)
    rows = tuple(
        row.model_copy(update={"hash": hashes[place % len(hashes)]})
        for place, row in enumerate(record.outcome.stored)
    )
    outcome = record.outcome.model_copy(update={"stored": rows})
    return [each.kind for each in digests_unharmed(record.model_copy(update={"outcome": outcome}))]


def test_one_hash_for_all_travelers_is_told_unless_their_answers_may_be_alike() -> None:
    assert hashed("deadbeef") == ["hash-same"]
    assert hashed("deadbeef", "deadbee0") == []
    assert hashed("[REDACTED]") == ["hash-harmed"]
    assert hashed("deadbeef", rules=(Rule("hard_data", data=NEWEST),)) == []
