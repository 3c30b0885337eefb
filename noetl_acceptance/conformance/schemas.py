"""The published JSON Schemas of the files that the suite writes and reads again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from noetl_acceptance.conformance.faults.sweep_results import Head
from noetl_acceptance.conformance.release_results import Record as ReleaseResults
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.judgements import JudgementsFile
from noetl_acceptance.evidence.results import ResultsFile
from noetl_acceptance.model.file_schemas import (
    CONFORMANCE,
    DEVIATIONS,
    FIGURES,
    JUDGEMENTS,
    KEY,
    PAIR,
    PROBE,
    RECORD,
    RELEASE_RESULTS,
    RESULTS,
    SANDBOX,
    SWEEP,
    FileSchema,
)
from noetl_acceptance.model.pair_file import PairFile
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox.ledgers import Entry
from noetl_acceptance.verdict.known_deviations import DeviationsFile

SCHEMAS = ROOT / "schemas"

MODELS: Mapping[FileSchema, type[BaseModel]] = {
    RECORD: ExecutionRecord,
    PROBE: ProbeRecord,
    RESULTS: ResultsFile,
    JUDGEMENTS: JudgementsFile,
    FIGURES: Figures,
    PAIR: PairFile,
    DEVIATIONS: DeviationsFile,
    RELEASE_RESULTS: ReleaseResults,
    SANDBOX: Entry,
    SWEEP: Head,
    CONFORMANCE: ReleaseFile,
}
"""What reads each kind of file."""

BY_HAND = (PAIR, DEVIATIONS)
"""These are written by hand as well, maybe without the number."""


def published_schemas() -> dict[Path, str]:
    """Return the text of each JSON Schema by its file."""
    return {
        SCHEMAS / f"{kind.name}.schema.json": _text(kind, model) for kind, model in MODELS.items()
    }


def _text(kind: FileSchema, model: type[BaseModel]) -> str:
    mode: JsonSchemaMode = "validation" if kind in BY_HAND else "serialization"
    schema = model.model_json_schema(by_alias=True, mode=mode)
    if kind not in BY_HAND:
        schema["required"] = [KEY, *(name for name in schema.get("required", ()) if name != KEY)]
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{kind.name}.schema.json",
    }
    return json.dumps({**head, **schema, "title": kind.name}, indent=1, ensure_ascii=False) + "\n"
