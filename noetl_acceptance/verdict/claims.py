"""The rows of the contract and the documents they come from: docs/contract.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from noetl_acceptance.errors import SuiteError
from noetl_acceptance.model.file_schemas import fault_in
from noetl_acceptance.places import ROOT

CONTRACT_FILE = ROOT / "docs" / "contract.yaml"


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Document(_Data):
    """One document that describes the fixture; ``sha256`` is that of its bytes."""

    name: str
    title: str
    about: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Row(_Data):
    """One claim, in a sentence, and the documents that make it; none for what users expect."""

    documents: tuple[str, ...]
    claim: str


class Contract(_Data):
    """All rows by their id (``C01``, ``P1``), in the page's order."""

    documents: tuple[Document, ...]
    rows: dict[str, Row]


@cache
def load_contract(file: Path = CONTRACT_FILE) -> Contract:
    """Read the contract.

    Raises:
        SuiteError: the file is not as it should be.
    """
    try:
        return Contract.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise SuiteError(f"{file} cannot be used: {fault_in(error)}", "fix the file") from error


def case_name(name: str) -> str:
    """Return a scenario's name without the numbers that behave adds to an outline's cases."""
    return name.split(" -- @", maxsplit=1)[0].strip()
