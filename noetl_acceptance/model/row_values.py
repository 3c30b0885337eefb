"""Values of columns whose type a pair chooses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator

TravelerId = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value)]
"""A traveler's number, from 1; 0 where a row has none."""


def _as_text(value: Any) -> Any:
    """Take a value of any column type as text; None and what holds nothing as None."""
    if value is None or value in ([], {}):
        return None
    return value if isinstance(value, str) else str(value)


Text = Annotated[str | None, BeforeValidator(_as_text)]
"""What a pair may keep in a column of any type."""
