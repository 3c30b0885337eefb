"""Seeded defects: each one small change, and what must catch it."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from noetl_acceptance.errors import UsageError

ALL_TAGS = "--tags=@scale or not @scale"
"""Without tags behave leaves ``@scale`` out, also where a name selects it."""

PLACE = Path(__file__).parent / "defects"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Change(_Data):
    """A text that stands in a file exactly once, and what replaces it."""

    find: str
    replace: str

    def apply(self, file: Path) -> None:
        """Change a file.

        Raises:
            UsageError: the text does not stand there once, or what comes out is no Python.
        """
        text = file.read_text()
        if text.count(self.find) != 1:
            raise UsageError(
                f"{self.find!r} stands {text.count(self.find)} times in {file.name}",
                "bring the seeded defect up to date",
            )
        changed = text.replace(self.find, self.replace)
        if file.suffix == ".py":
            try:
                ast.parse(changed)
            except SyntaxError as error:
                raise UsageError(
                    f"{file.name} with {self.replace!r} is no Python: {error}", "mend the defect"
                ) from error
        file.write_text(changed)


class Edit(Change):
    """A change of the file at a path: below the checkout, or below NoETL's package."""

    file: str


class Meddling(_Data):
    """A statement that changes stored rows behind the back of an execution that goes on.

    Args:
        stored: it is given when so many rows are stored.
        ended: it is given when the execution has ended.
        sql: has ``%(execution_id)s`` where it needs the execution's id.
    """

    stored: int | None = None
    ended: bool = False
    sql: str


class Defect(_Data):
    """One seeded defect and what must catch it.

    Args:
        name: what the change does, in hyphenated words.
        caught: by contract row, what the message of a scenario of that row must hold; where the
            message goes on in another line, there is a blank.
        features: those whose scenarios must catch it.
        scenarios: the names of those to run; without them all of the features that are tagged with
            one of the rows.
        parent: changes of the parent playbook.
        worker: changes of the worker playbook.
        suite: changes of a copy of the checkout: the profile API, the sandbox's settings, the
            documents' commands.
        noetl: changes of NoETL's package.
        options: behave's ``-D`` options that differ.
        rows: what happens to the stored rows meanwhile.
        not_on: other NoETLs on which it breaks no promise, or another one.
        alone: whether it needs a sandbox of its own: it leaves commands at work, or its scenarios
            make faults, which services that the suite found running are spared.
        told_as: how its scenarios must fail: by the product, or, where the defect is one of the
            suite's means, by the sandbox, or not at all as they are not judged.
        quick: the name of its group in the subset for ``.ci/run``, empty if it is not of that; the
            defects of a group are put in at once, and their scenarios run together.
        findings: all that the checks find in its recorded execution, for ``tests/recorded``.
    """

    name: str = Field(pattern=r"^[a-z0-9]+([-.][a-z0-9]+)*$")
    caught: dict[str, str] = {}
    features: tuple[str, ...] = ("smoke",)
    scenarios: tuple[str, ...] = ()
    parent: tuple[Change, ...] = ()
    worker: tuple[Change, ...] = ()
    suite: tuple[Edit, ...] = ()
    noetl: tuple[Edit, ...] = ()
    options: dict[str, str] = {}
    rows: Meddling | None = None
    not_on: tuple[str, ...] = ()
    alone: bool = False
    told_as: Literal["product", "sandbox", "skipped"] = "product"
    quick: str = ""
    findings: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not any((self.parent, self.worker, self.suite, self.noetl, self.options, self.rows)):
            raise ValueError(f"{self.name} changes nothing")
        return self

    @property
    def own_sandbox(self) -> bool:
        """Whether it cannot be run on a sandbox that others use as well."""
        return self.alone or bool(self.suite or self.noetl or self.options)

    @property
    def changed(self) -> str:
        """What is changed, in a word or two."""
        parts = {
            "parent playbook": self.parent,
            "worker playbook": self.worker,
            "NoETL": self.noetl,
            "stored rows": self.rows,
            **dict.fromkeys((_part_of(edit.file) for edit in self.suite), True),
            **{f"-D {key}={value}": True for key, value in self.options.items()},
        }
        return ", ".join(part for part, is_changed in parts.items() if is_changed)


def selection(defects: Sequence[Defect]) -> list[str]:
    """Return behave's arguments that select the scenarios that must catch defects.

    Args:
        defects: one, or several that all name their scenarios.
    """
    names = dict.fromkeys(name for defect in defects for name in defect.features)
    features = [f"features/{name}.feature" for name in names]
    scenarios = dict.fromkeys(name for defect in defects for name in defect.scenarios)
    if scenarios:
        names_of = (f"--name=^{re.escape(name)}( -- @.*)?$" for name in scenarios)
        return [*features, ALL_TAGS, *names_of]
    rows = [row for defect in defects for row in defect.caught]
    return [*features, f"--tags={' or '.join(f'@{row}' for row in rows)}"]


def together(defects: Sequence[Defect]) -> Defect:
    """Return a defect that has the changes of several, made one after the other.

    Raises:
        UsageError: two of them change stored rows, or give an option two values.
    """
    if len(defects) == 1:
        return defects[0]
    options: dict[str, str] = {}
    for defect in defects:
        if any(options.get(key, value) != value for key, value in defect.options.items()):
            raise UsageError(f"{defect.name} has other options than its group", "ungroup it")
        options |= defect.options
    rows = [defect.rows for defect in defects if defect.rows is not None]
    if len(rows) > 1:
        raise UsageError(f"two of {defects[0].quick} change stored rows", "ungroup one")
    return Defect(
        name=defects[0].quick,
        parent=tuple(change for defect in defects for change in defect.parent),
        worker=tuple(change for defect in defects for change in defect.worker),
        suite=tuple(edit for defect in defects for edit in defect.suite),
        noetl=tuple(edit for defect in defects for edit in defect.noetl),
        options=options,
        rows=rows[0] if rows else None,
        alone=any(defect.alone for defect in defects),
    )


def quick_groups() -> dict[str, list[Defect]]:
    """Return the groups of the subset for ``.ci/run``, by name."""
    groups: dict[str, list[Defect]] = {}
    for defect in load_defects():
        if defect.quick:
            groups.setdefault(defect.quick, []).append(defect)
    return groups


def _part_of(file: str) -> str:
    parts = {
        "noetl_acceptance/profile_api/": "profile API",
        "noetl_acceptance/sandbox/": "sandbox",
        "noetl_acceptance/execution/faults/": "faults",
        "noetl_acceptance/link_proxy/": "proxy in the links",
        "noetl_acceptance/generations/": "sandbox",
        "noetl_acceptance/support/tcp_forward": "port forward",
        "noetl_acceptance/noetl/cli": "NoETL's command line",
        "documents/": "documents' commands",
        "probes/": "probe",
    }
    return next(part for start, part in parts.items() if file.startswith(start))


@cache
def load_defects() -> tuple[Defect, ...]:
    """Return the seeded defects of ``defects/*.yaml``.

    Raises:
        UsageError: two have the same name.
    """
    found = [
        Defect.model_validate(item)
        for file in sorted(PLACE.glob("*.yaml"))
        for item in yaml.safe_load(file.read_text())
    ]
    names = [defect.name for defect in found]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError(f"two seeded defects are named {twice}", "give one another name")
    return tuple(found)


def recorded_defects() -> list[Defect]:
    """Return those whose executions are recorded in ``tests/recorded``."""
    return [defect for defect in load_defects() if defect.findings]


def named(names: Iterable[str]) -> list[Defect]:
    """Return the defects of those names.

    Raises:
        UsageError: there is none of a name.
    """
    known = {defect.name: defect for defect in load_defects()}
    wanted = list(names)
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3)
            remedy = f"near it: {', '.join(near)}" if near else "`--list` has them all"
            raise UsageError(f"there is no seeded defect {name}", remedy)
    return [known[name] for name in wanted]
