"""Reads the seeded defects and makes the defective pairs."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from noetl_acceptance.settings import ROOT

HEALTHY = ROOT / "playbooks" / "2.8.x"


class Edit(BaseModel):
    """One change of a file: a text that stands there exactly once, and what replaces it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    find: str
    replace: str


class Defect(BaseModel):
    """One seeded defect and what must catch it.

    ``caught`` has, by contract row, the finding that a scenario of that row must show;
    ``findings`` all that the checks find in a recorded execution, nothing else among them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    edits: tuple[Edit, ...]
    caught: dict[str, str]
    findings: tuple[str, ...]

    def make_pair(self, folder: Path) -> Path:
        """Copy our pair into a folder and put the defect in; return the folder."""
        pair = folder / self.name
        shutil.copytree(HEALTHY, pair)
        for edit in self.edits:
            file = pair / edit.file
            text = file.read_text()
            assert text.count(edit.find) == 1, f"{self.name}: {edit.find!r} in {edit.file}"
            file.write_text(text.replace(edit.find, edit.replace))
        return pair


def load_defects() -> list[Defect]:
    """Return the seeded defects of ``defects.yaml``."""
    document = yaml.safe_load((Path(__file__).parent / "defects.yaml").read_text())
    return [Defect.model_validate(item) for item in document]
