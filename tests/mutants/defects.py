"""Seeded defects: each one small change, and what must catch it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from noetl_acceptance.errors import UsageError

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
            UsageError: the text does not stand there once.
        """
        text = file.read_text()
        if text.count(self.find) != 1:
            raise UsageError(
                f"{self.find!r} stands {text.count(self.find)} times in {file.name}",
                "bring the seeded defect up to date",
            )
        file.write_text(text.replace(self.find, self.replace))


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
        caught: by contract row, what the message of a scenario of that row must hold.
        feature: the one whose scenarios must catch it.
        scenarios: the names of those to run; without them all of the feature that are tagged with
            one of the rows.
        parent: changes of the parent playbook.
        worker: changes of the worker playbook.
        suite: changes of a copy of the checkout: the profile API, the sandbox's settings, the
            documents' commands.
        noetl: changes of NoETL's package.
        options: behave's ``-D`` options that differ.
        rows: what happens to the stored rows meanwhile.
        alone: whether it needs a sandbox of its own, as it leaves commands at work.
        quick: whether it is one of the subset for ``.ci/run``.
        findings: all that the checks find in its recorded execution, for ``tests/recorded``.
    """

    name: str = Field(pattern=r"^[a-z0-9]+([-.][a-z0-9]+)*$")
    caught: dict[str, str] = {}
    feature: str = "smoke"
    scenarios: tuple[str, ...] = ()
    parent: tuple[Change, ...] = ()
    worker: tuple[Change, ...] = ()
    suite: tuple[Edit, ...] = ()
    noetl: tuple[Edit, ...] = ()
    options: dict[str, str] = {}
    rows: Meddling | None = None
    alone: bool = False
    quick: bool = False
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

    def selection(self) -> list[str]:
        """Return behave's arguments that select the scenarios to run."""
        feature = f"features/{self.feature}.feature"
        if self.scenarios:
            names = [f"--name=^{re.escape(name)}( -- @.*)?$" for name in self.scenarios]
            return [feature, *names]
        return [feature, f"--tags={' or '.join(f'@{row}' for row in self.caught)}"]


def _part_of(file: str) -> str:
    parts = {
        "noetl_acceptance/profile_api/": "profile API",
        "noetl_acceptance/sandbox/": "sandbox",
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
