"""Values of columns whose type a pair chooses."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ValidationError, ValidatorFunctionWrapHandler, WrapValidator


def _readable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    """Take a value that cannot be read as none; what type the column is of is told elsewhere."""
    try:
        return read(value)
    except ValidationError:
        return None


def _number(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    return _readable(value, read) or 0


TravelerId = Annotated[int, WrapValidator(_number)]
"""A traveler's number, from 1; 0 where a row has none."""

Whole = Annotated[int | None, WrapValidator(_readable)]
"""A whole number; None where a column holds something else."""

Flag = Annotated[bool | None, WrapValidator(_readable)]
"""Yes or no; None where a column holds something else."""


def _as_text(value: Any) -> Any:
    """Take a value of any column type as text; None and what holds nothing as None."""
    if value is None or value in ([], {}):
        return None
    return value if isinstance(value, str) else str(value)


Text = Annotated[str | None, BeforeValidator(_as_text)]
"""What a pair may keep in a column of any type."""
