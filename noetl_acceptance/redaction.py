"""Keeps passwords out of what a run tells and leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
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


def redact(files: Iterable[Path], secrets: Iterable[str]) -> None:
    """Replace secrets in files, whatever their encoding."""
    secrets = list(secrets)
    for file in files:
        content = file.read_bytes()
        cleaned = content
        for secret in secrets:
            cleaned = cleaned.replace(secret.encode(), MARK.encode())
        if cleaned != content:
            file.write_bytes(cleaned)
