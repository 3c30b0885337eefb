"""The tracebacks that scenarios announce by a tag: ``features/expected_logs.yaml``."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from noetl_acceptance.checks.log_findings import ExpectedLog
from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.file_schemas import fault_in
from noetl_acceptance.places import ROOT

FILE = ROOT / "features" / "expected_logs.yaml"

PREFIX = "logs_"
"""How each of these tags begins."""


@cache
def load_expected(file: Path = FILE) -> tuple[ExpectedLog, ...]:
    """Return what tags can announce.

    Raises:
        SuiteError: the file is not as it should be.
    """
    try:
        document: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        return tuple(
            ExpectedLog.model_validate({"tag": tag, **entry}) for tag, entry in document.items()
        )
    except (OSError, yaml.YAMLError, ValidationError, TypeError, AttributeError) as error:
        raise SuiteError(f"{file} cannot be used: {fault_in(error)}", "fix the file") from error


def expected_by(tags: Collection[str]) -> list[ExpectedLog]:
    """Return what a scenario's tags announce.

    Args:
        tags: all that hold for it.

    Raises:
        SuiteError: a tag announces what is not in the file.
    """
    known = {each.tag: each for each in load_expected()}
    announced = sorted(tag for tag in tags if tag.startswith(PREFIX))
    if unknown := [tag for tag in announced if tag not in known]:
        raise SuiteError(f"@{unknown[0]} is not in {FILE.name}", "add it there, with a reason")
    return [known[tag] for tag in announced]
