"""The stable name of each check: judgements are stored under it, wherever the function stands."""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from noetl_acceptance.errors import SuiteError, UsageError
from noetl_acceptance.model.findings import Finding

Check = Callable[..., Sequence[Finding]]
Registered = TypeVar("Registered", bound=Check)

FORMER_NAMES = Path(__file__).with_name("former_names.json")
"""What checks were called in judgements before they had stable names: ``module.function``."""

_KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

_CHECKS: dict[str, Check] = {}
_READ_NO_LOG: set[Check] = set()


def check(name: str, *, reads_log: bool = True) -> Callable[[Registered], Registered]:
    """Register a check under a name that must never change, since stored judgements have it.

    Args:
        name: unique, in kebab-case.
        reads_log: whether it is about what NoETL's event log says; one that is not can be applied
            to a log in unknown words.

    Raises:
        ValueError: it is not, or another check has it.
    """

    def register(function: Registered) -> Registered:
        if not _KEBAB.fullmatch(name):
            raise ValueError(f"the check name {name!r} is not kebab-case")
        if name in _CHECKS:
            raise ValueError(f"two checks are named {name!r}")
        _CHECKS[name] = function
        if not reads_log:
            _READ_NO_LOG.add(function)
        return function

    return register


def name_of(function: Check) -> str:
    """Return the stable name of a check.

    Raises:
        SuiteError: it has none.
    """
    for name, registered in _CHECKS.items():
        if registered is function:
            return name
    where = f"{function.__module__}.{function.__name__}"
    raise SuiteError(f"the check {where} has no stable name", "give it one: @check(...)")


def reads_log(function: Check) -> bool:
    """Whether a check is about what NoETL's event log says."""
    return function not in _READ_NO_LOG


def check_named(name: str) -> Check:
    """Return the check of a stable name.

    Raises:
        UsageError: there is none.
    """
    try:
        return registered_checks()[name]
    except KeyError:
        why = "judge the run with the suite's commit that recorded it"
        raise UsageError(f"there is no check {name}", why) from None


def registered_checks() -> dict[str, Check]:
    """Return all checks by their stable names."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        import_module(f"{package}.{module.name}")
    return dict(_CHECKS)


def stable_name(stored: str) -> str:
    """Return the stable name of a check that a judgement names, maybe as older code did."""
    return former_names().get(stored, stored)


@cache
def former_names() -> dict[str, str]:
    """Return the stable names by what older code stored."""
    names: dict[str, str] = json.loads(FORMER_NAMES.read_text(encoding="utf-8"))
    return names
