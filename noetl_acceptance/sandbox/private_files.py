"""Files of variables that only their user can read, as compose takes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_private(file: Path, variables: Mapping[str, str]) -> None:
    """Write variables into a file of this user's alone."""
    file.touch(mode=0o600)
    file.write_text(
        "".join(f"{name}={quoted(value)}\n" for name, value in variables.items()), encoding="utf-8"
    )


def quoted(value: str) -> str:
    """Return a value as compose reads it from a file of variables, whatever stands in it."""
    for plain in ("\\", '"', "$"):
        value = value.replace(plain, f"\\{plain}")
    return '"' + value.replace("\n", "\\n") + '"'
