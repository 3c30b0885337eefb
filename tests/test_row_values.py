"""A column of a type that nobody expects holds nothing that can be read, and breaks nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from noetl_acceptance.model.record import SourceRow, StoredRow
from tests.runs import row_of

ROW = row_of(1, 1).model_dump()


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("profile_status", "timeout", None),
        ("profile_status", "", None),
        ("profile_status", Decimal("200.5"), None),
        ("profile_status", Decimal("200.00"), 200),
        ("profile_status", "200", 200),
        ("profile_status", float("nan"), None),
        ("batch_number", "b1", None),
        ("is_valid", "valid", None),
        ("is_valid", True, True),
        ("traveler_id", "T-1", 0),
        ("traveler_id", None, 0),
        ("traveler_id", Decimal(7), 7),
        ("name", {"first": "Ann"}, "{'first': 'Ann'}"),
        ("normalized_name", 5, "5"),
    ],
)
def test_a_value_that_cannot_be_read_is_none(field: str, value: Any, read: Any) -> None:
    assert getattr(StoredRow.model_validate({**ROW, field: value}), field) == read


def test_a_name_at_the_source_may_be_of_any_type() -> None:
    assert SourceRow.model_validate({"traveler_id": 1, "name": 5}).name == "5"
