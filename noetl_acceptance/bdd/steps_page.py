"""docs/steps.md: the vocabulary of the features, from behave's registry of steps."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from behave import step_registry
from behave.parser import parse_file
from behave.runner_util import load_step_modules

from noetl_acceptance.bdd.behave_internals import phrases_of, step_definitions
from noetl_acceptance.conformance.markdown import cell, table
from noetl_acceptance.conformance.pages import DOCS
from noetl_acceptance.places import ROOT

MOST_STEPS = 130
"""How many sentences a reader may have to know."""

_HEAD = """\
# The steps

<!-- Made by `make pages` from steps/ and the features; do not edit. -->

Every sentence that a feature can use, by the module of `steps/` that defines it; what stands in
braces is filled in, and *Any* is Given, When or Then. There are {count}, at most {most} are
allowed: look here for one that fits before writing another.
"""

_FIELD = re.compile(r"{(\w+):(\w+)}")


def generate() -> dict[Path, str]:
    """Return the page's text by its path."""
    features = [parse_file(str(file)) for file in sorted((ROOT / "features").glob("*.feature"))]
    return {DOCS / "steps.md": steps_page(_load_steps(), features)}


def faults() -> list[str]:
    """Return, in one line, that there are too many step definitions; nothing if there are not."""
    count = len(step_definitions(_load_steps()))
    if count <= MOST_STEPS:
        return []
    return [f"{count} step definitions, at most {MOST_STEPS} are allowed"]


def _load_steps() -> Any:
    """Load steps/ as behave does, and return behave's registry with them."""
    load_step_modules([str(ROOT / "steps")])
    return step_registry.registry


def steps_page(registry: Any, features: Iterable[Any]) -> str:
    """Return the page's text.

    Args:
        registry: behave's, with the step definitions.
        features: as behave has parsed them.
    """
    definitions = step_definitions(registry)
    used = _uses(registry, features)
    modules: dict[str, list[tuple[str, str]]] = {}
    fillers: dict[tuple[str, str], None] = {}
    for definition in definitions:
        keyword = "Any" if definition.step_type == "step" else definition.step_type.title()
        pattern = _FIELD.sub(r"{\1}", definition.pattern)
        sentence = f"{keyword} {cell(pattern)}"
        names = [f"[{n}](../features/{n}.feature)" for n in sorted(used.get(id(definition), ()))]
        module = Path(str(definition.location.filename)).name
        modules.setdefault(module, []).append((sentence, ", ".join(names) or "–"))
        fillers |= dict.fromkeys(_fillers(definition))
    sections = [_HEAD.format(count=len(definitions), most=MOST_STEPS)]
    for module, rows in sorted(modules.items()):
        sections += [f"## {module}\n", table(("sentence", "used by"), rows) + "\n"]
    if fillers:
        sections += ["## What fills the braces\n", table(("in braces", "one of"), fillers)]
    return "\n".join(sections).rstrip("\n") + "\n"


def _fillers(definition: Any) -> list[tuple[str, str]]:
    """Return the fields of a sentence that take one of several phrases, with these as a cell."""
    return [
        (f"{{{field}}}", "<br>".join(map(cell, phrases)))
        for field, kind in _FIELD.findall(definition.pattern)
        if (phrases := phrases_of(definition, kind))
    ]


def _uses(registry: Any, features: Iterable[Any]) -> dict[int, set[str]]:
    """Return the features' names by the id of the step definition that they use."""
    used: dict[int, set[str]] = {}
    for feature in features:
        for scenario in feature.walk_scenarios():
            for step in scenario.all_steps:
                definition = registry.find_step_definition(step)
                if definition is not None:
                    used.setdefault(id(definition), set()).add(Path(feature.filename).stem)
    return used
