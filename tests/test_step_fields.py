"""Fields of the features' sentences."""

from __future__ import annotations

import parse
import pytest

from noetl_acceptance.bdd.step_fields import EXPECTED_BATCHES


@pytest.mark.parametrize(
    ("text", "number"),
    [("1 batch", 1), ("4 batches", 4), ("the default number of batches", None)],
)
def test_a_count_may_be_the_documents_own(text: str, number: int | None) -> None:
    found = parse.parse("{count:Count}, all", f"{text}, all", {"Count": EXPECTED_BATCHES})
    assert found["count"] == number


@pytest.mark.parametrize("text", ["1 batches", "4 batch", "the default number of rows", "batches"])
def test_other_words_are_no_count(text: str) -> None:
    assert parse.parse("{count:Count}", text, {"Count": EXPECTED_BATCHES}) is None
