"""The checks that something holds a subject against, read from the code."""

from __future__ import annotations

import ast
import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

from noetl_acceptance.bdd import service_logs
from noetl_acceptance.checks.check_names import Check
from noetl_acceptance.execution import second_look
from noetl_acceptance.places import ROOT

CHECKS = "noetl_acceptance.checks"


@cache
def checks_used() -> frozenset[Check]:
    """Return the functions of ``checks`` with findings that a step, the oracle or settling names.

    They are named ``module.function`` or imported by their own name.
    """
    files = [
        *sorted((ROOT / "steps").glob("*.py")),
        Path(service_logs.__file__),
        Path(second_look.__file__),
    ]
    return frozenset(check for file in files for check in _checks_in(file))


def _checks_in(file: Path) -> set[Check]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    named: list[tuple[str, str]] = []
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == CHECKS:
            modules |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{CHECKS}."):
            named += [(str(node.module).removeprefix(f"{CHECKS}."), a.name) for a in node.names]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            named += [(modules[node.value.id], node.attr)] if node.value.id in modules else []
    functions = [getattr(import_module(f"{CHECKS}.{module}"), name) for module, name in named]
    return {each for each in functions if inspect.isfunction(each) and _gives_findings(each)}


def _gives_findings(function: Check) -> bool:
    return str(inspect.signature(function).return_annotation) == "list[Finding]"
