"""Runs behave once, and tells by the exit code what the run comes to."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from behave.__main__ import run_behave
from behave.configuration import Configuration
from behave.exception import ConfigError, TagExpressionError

from noetl_acceptance.verdict import policy


def run_features(arguments: Sequence[str]) -> int:
    """Run behave in this process.

    Args:
        arguments: behave's own.

    Returns:
        One of ``policy.MEANINGS``.

    Raises:
        SystemExit: behave does not know an argument; its code is 2.
    """
    try:
        config = Configuration(list(arguments))
    except (ConfigError, TagExpressionError) as error:
        print(f"{type(error).__name__}: {error}")
        return policy.CODES["usage"]
    try:
        failed = bool(run_behave(config))
    except Exception:  # noqa: BLE001 - its code is told by the runner
        traceback.print_exc()
        failed = True
    return int(getattr(config, "exit_code", policy.CODES["usage"] if failed else 0))
