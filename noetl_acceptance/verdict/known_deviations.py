"""What releases are known to break: ``deviations/deviations.yaml``, read and held against findings.

A recorded deviation weakens no rule. Its scenario runs as any other; the findings that are
recorded for it, all of them and no other, turn its verdict into "deviates (recorded)".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.file_schemas import DEVIATIONS, fault_in, naming
from noetl_acceptance.model.findings import Finding, ranges
from noetl_acceptance.places import ROOT

FILE = ROOT / "deviations" / "deviations.yaml"


Package = Literal["noetl", "noetl-server", "noetl-cli"]
"""What has releases: the Python package, the Rust server's crate, the command line's package."""

_RUST = re.compile(r"rust (\S+)")


def releases_under_test(noetl: str, cli: str) -> dict[Package, str]:
    """Return the releases of a run by package.

    Args:
        noetl: the version as the run's figures have it: ``2.8.9``, ``rust 3.54.0 + 5.52.0``.
        cli: the version of the command line; empty where it was not used.
    """
    rust = _RUST.match(noetl)
    server: dict[Package, str] = {"noetl-server": rust[1]} if rust else {"noetl": noetl}
    return {**server, "noetl-cli": cli}


class Expected(BaseModel):
    """A finding as it is recorded; a field left out is not compared.

    ``travelers`` and ``batches`` are written as ranges: ``1–3, 7``; ``most`` is how many travelers
    there may be where it is not always the same ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    travelers: str | None = None
    most: int | None = None
    batches: str | None = None
    seen: str | int | float | None = None

    def is_(self, finding: Finding) -> bool:
        """Whether a finding is this one."""
        return (
            self.kind == finding.kind
            and self.travelers in (None, ranges(finding.travelers))
            and (self.most is None or len(finding.travelers) <= self.most)
            and self.batches in (None, ranges(finding.batches))
            and self.seen in (None, finding.seen)
        )


class Deviation(BaseModel):
    """One promise that a range of releases breaks.

    Args:
        name: short and unique.
        rules: the contract rows that are broken; each scenario proves one of them or several.
        package: whose releases are meant: NoETL's Python runtime, its Rust server, or its command
            line.
        releases: a version specifier, ``>=2.8.5,<2.9``.
        scenarios: the names of the scenarios that show it; none of one that stalls executions.
        findings: what each of them must find; likewise.
        chance: whether it shows now and then: its scenarios may find it, or not. One without
            scenarios stalls an execution, of any: that is then carried out once more.
        unless: a package with which it does not show, where that is under test as well.
        users: what a user of such a release sees of it, and what helps where something does.
        since: the first release that breaks it, where that is known.
        why: what the release does instead, and why that is NoETL's own.
        reproduction: a playbook beside the file that shows it without the traveler playbooks, and
            what it shows; None where there can be none, and then ``why`` says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    rules: tuple[str, ...]
    package: Package = "noetl"
    releases: str
    scenarios: tuple[str, ...] = ()
    findings: tuple[Expected, ...] = ()
    chance: bool = False
    unless: Package | None = None
    users: str = ""
    since: str = ""
    why: str
    reproduction: str | None = None

    @field_validator("releases")
    @classmethod
    def _specifier(cls, text: str) -> str:
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            raise ValueError("releases is not a version specifier") from None
        return text

    @model_validator(mode="after")
    def _shows_somewhere(self) -> Deviation:
        if not self.chance and not self.scenarios:
            raise ValueError("scenarios that show it, or chance")
        return self

    def holds_for(self, releases: Mapping[Package, str]) -> bool:
        """Whether the release under test, by package, is one of those that break it."""
        if self.unless is not None and self.unless in releases:
            return False
        try:
            return Version(releases.get(self.package, "")) in SpecifierSet(self.releases)
        except InvalidVersion:  # none, or a build of one's own
            return False

    @property
    def span(self) -> str:
        """The releases in words, as ``2.8.5 to 2.8.9``; as they are written where no words fit."""
        bounds = {each.operator: each.version for each in SpecifierSet(self.releases)}
        without = [each.version for each in SpecifierSet(self.releases) if each.operator == "!="]
        match sorted(bounds):
            case ["=="]:
                return bounds["=="]
            case ["<=", ">="]:
                return f"{bounds['>=']} to {bounds['<=']}"
            case ["!=", "<=", ">="]:
                but = ", ".join(sorted(without, key=Version))
                return f"{bounds['>=']} to {bounds['<=']} without {but}"
        return self.releases


class DeviationsFile(BaseModel):
    """What the file holds; schema 1 was the list of deviations alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_number: Annotated[int, AfterValidator(DEVIATIONS.check)] = DEVIATIONS.field()
    deviations: tuple[Deviation, ...] = ()


@cache
def load_deviations(file: Path = FILE) -> tuple[Deviation, ...]:
    """Return the recorded deviations.

    Raises:
        SuiteError: the file is not as it should be.
        UsageError: it is newer or older than what can be read.
    """
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or []
        if isinstance(document, list):
            document = {"deviations": document}
        with naming(file):
            return DeviationsFile.model_validate(document).deviations
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise SuiteError(f"{file} cannot be used: {fault_in(error)}", "fix the file") from error


def by_chance(
    releases: Mapping[Package, str], deviations: Iterable[Deviation]
) -> tuple[Deviation, ...]:
    """Return the deviations by which an execution stalls by chance with the releases under test."""
    stalls = (each for each in deviations if each.chance and not each.scenarios)
    return tuple(each for each in stalls if each.holds_for(releases))


class RecordedDeviations:
    """The deviations that one scenario must show, and what it has shown of them so far.

    Args:
        deviations: recorded of the release, as the suite sets it up.
        other_settings: whether NoETL runs with settings of the user's own: the deviations may then
            show or not, and what is otherwise than recorded is told.
    """

    def __init__(self, deviations: Sequence[Deviation], *, other_settings: bool = False) -> None:
        self._named = self.deviations = tuple(deviations)
        self.other_settings = other_settings
        self._seen: set[tuple[str, Expected]] = set()

    @classmethod
    def of(
        cls,
        scenario: str,
        releases: Mapping[Package, str],
        deviations: Iterable[Deviation],
        *,
        shown: Collection[str] = (),
        other_settings: bool = False,
    ) -> RecordedDeviations:
        """Return those that a scenario must show.

        Args:
            scenario: its name.
            releases: under test, by package.
            deviations: all that are recorded.
            shown: the names of deviations that it has shown, if it is judged again; its own name
                may have changed since.
            other_settings: whether NoETL runs with settings of the user's own.
        """
        name = scenario.partition(" -- @")[0]  # an outline's example has its number there
        found = cls([d for d in deviations if name in d.scenarios or d.name in shown])
        found.narrow(releases, other_settings=other_settings)
        return found

    def narrow(self, releases: Mapping[Package, str], *, other_settings: bool) -> None:
        """Hold those that the releases under test break, once it is known which these are.

        Args:
            releases: by package.
            other_settings: as above.
        """
        self.deviations = tuple(d for d in self._named if d.holds_for(releases))
        self.other_settings = other_settings

    def anew(self) -> RecordedDeviations:
        """Return the same deviations, of which nothing has shown."""
        return RecordedDeviations(self.deviations, other_settings=self.other_settings)

    def unrecorded(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return the findings that no deviation records; note those that one does."""
        left = []
        for finding in findings:
            known = {
                (deviation.name, expected)
                for deviation in self.deviations
                for expected in deviation.findings
                if expected.is_(finding)
            }
            self._seen |= known
            if not known:
                left.append(finding)
        return left

    def shown(self) -> list[str]:
        """Return the names of the deviations, those that may show only where they were seen."""
        seen = {name for name, _ in self._seen}
        return [
            deviation.name
            for deviation in self.deviations
            if deviation.name in seen
            or not (deviation.findings and (deviation.chance or self.other_settings))
        ]

    def unseen(self) -> list[str]:
        """Return what did not happen although it must, one line each."""
        return [] if self.other_settings else [f"recorded deviation {it}" for it in self._missing()]

    def differing(self) -> list[str]:
        """Return what did not happen and need not, with settings of the user's own."""
        return list(dict.fromkeys(self._missing())) if self.other_settings else []

    def _missing(self) -> list[str]:
        return [
            f"{deviation.name} did not show {expected.kind}"
            for deviation in self.deviations
            if not deviation.chance
            for expected in deviation.findings
            if (deviation.name, expected) not in self._seen
        ]


_UNSEEN = re.compile(r"recorded deviation (.+) did not show [a-z-]+")


def chance_since(reason: str, deviations: Iterable[Deviation]) -> bool:
    """Whether a scenario has failed only because it did not show what is left to chance by now.

    Args:
        reason: why it failed.
        deviations: as they are recorded now.
    """
    unseen = [_UNSEEN.fullmatch(line) for line in reason.splitlines()]
    by_chance = {each.name for each in deviations if each.chance}
    return bool(unseen) and all(each is not None and each[1] in by_chance for each in unseen)
