"""Keeps passwords out of what a run tells and leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypeVar

Data = TypeVar("Data")

MARK = "[redacted]"


def redacted(text: str, secrets: Iterable[str]) -> str:
    """Return a text without secrets."""
    for secret in secrets:
        text = text.replace(secret, MARK)
    return text


def redacted_data(data: Data, secrets: Iterable[str]) -> Data:
    """Return what JSON can hold without secrets, wherever those stand in it."""
    cleaned: Data = json.loads(redacted(json.dumps(data), secrets))
    return cleaned
