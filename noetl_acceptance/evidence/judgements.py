"""What each scenario has judged, so that a recorded run can be judged again without a sandbox."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from pydantic import AfterValidator, BaseModel, TypeAdapter

from noetl_acceptance.checks.applying import apply
from noetl_acceptance.checks.check_names import Check, check_named, name_of, stable_name
from noetl_acceptance.checks.matchers import promise_of
from noetl_acceptance.errors import UsageError
from noetl_acceptance.evidence.store import read_file
from noetl_acceptance.model.file_schemas import JUDGEMENTS, KEY
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.probe_record import ProbeRecord
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import FrozenModel
from noetl_acceptance.support.redaction import redacted_data

FILE = "judgements.json.gz"

Records = Mapping[str, ExecutionRecord | ProbeRecord]
"""The recorded executions, probes among them, by their ids."""


class Judgement(FrozenModel):
    """One check as a scenario has applied it.

    Args:
        check: its stable name; what older code stored is read as that.
        promise: what it holds, in a sentence.
        about: the ids of the executions that it judged, the subject's first.
        subject: what it judged; an execution by its id, anything else as JSON has it.
        arguments: its further arguments, likewise.
        findings: all that it found, those of recorded deviations included.
        not_judged: why it could not be applied; empty where it was.
        error: what it crashed with; empty where it did not.
        pace: the worst of the scenario and of the executions that it judged, until then.
    """

    check: Annotated[str, AfterValidator(stable_name)]
    promise: str
    about: tuple[str, ...]
    subject: Any
    arguments: tuple[Any, ...]
    findings: tuple[Finding, ...] = ()
    not_judged: str = ""
    error: str = ""
    pace: float = 1.0


_JUDGEMENTS = TypeAdapter(dict[str, list[Judgement]])

_NUMBERED = re.compile(rb'\s*\{\s*"schema"\s*:')


class JudgementsFile(FrozenModel):
    """What the file holds: the judgements by their scenario's location.

    Schema 1 was these alone, with checks named as ``module.function``.
    """

    schema_number: Annotated[int, AfterValidator(JUDGEMENTS.check)] = JUDGEMENTS.field()
    scenarios: dict[str, list[Judgement]]


def judgement_of(check: Check, subject: Any, arguments: Sequence[Any], **found: Any) -> Judgement:
    """Record what a check was held against.

    Args:
        check: the pure function.
        subject: its first argument.
        arguments: the others.
        found: ``findings``, ``not_judged``, ``error``, ``pace``.
    """
    about: list[str] = []
    encoded = [_encode(each, about) for each in (subject, *arguments)]
    return Judgement(
        check=name_of(check),
        promise=promise_of(check, arguments),
        about=tuple(dict.fromkeys(about)),
        subject=encoded[0],
        arguments=tuple(encoded[1:]),
        **found,
    )


def _encode(value: Any, about: list[str]) -> Any:
    """Return a value as JSON has it, an execution as its id; note the ids."""
    if isinstance(value, ExecutionRecord | ProbeRecord):
        about.append(value.execution_id)
        return value.execution_id
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {key: _encode(inner, about) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_encode(inner, about) for inner in value]
    return value


def judge_again(judgement: Judgement, records: Records) -> Sequence[Finding]:
    """Apply a check again to what it was held against.

    What each argument is, the check's own annotations say.

    Args:
        judgement: as it was recorded.
        records: the executions, as they are recorded now.

    Raises:
        NotJudgedError: the check cannot be applied to this pair.
        UsageError: an execution is not among the records, or there is no such check any more.
    """
    check = check_named(judgement.check)
    gone = [execution for execution in judgement.about if execution not in records]
    if gone:
        raise UsageError(f"no record of execution {gone[0]}", "give a whole run's folder")
    hints = get_type_hints(check)
    hints.pop("return")
    values = (judgement.subject, *judgement.arguments)
    decoded = [
        _decode(value, hint, records) for value, hint in zip(values, hints.values(), strict=False)
    ]
    return apply(check, *decoded)


def _decode(value: Any, hint: Any, records: Records) -> Any:
    if hint in (ExecutionRecord, ProbeRecord):
        return records[value]
    if hint == Sequence[ExecutionRecord]:
        return [records[each] for each in value]
    return TypeAdapter(hint).validate_python(value)


def write_judgements(
    judged: Mapping[str, Sequence[Judgement]], folder: Path, secrets: Iterable[str]
) -> None:
    """Write the judgements, by their scenario's location, into a run's folder, without secrets."""
    scenarios = {
        location: [judgement.model_dump(mode="json") for judgement in judgements]
        for location, judgements in judged.items()
    }
    document = {KEY: JUDGEMENTS.number, "scenarios": scenarios}
    text = json.dumps(redacted_data(document, secrets), ensure_ascii=False)
    (folder / FILE).write_bytes(gzip.compress(text.encode(), compresslevel=4, mtime=0))


def kinds_in(judgements: Sequence[Judgement]) -> tuple[str, ...]:
    """Return the kinds of all findings, each once, in their order."""
    return tuple(dict.fromkeys(finding.kind for each in judgements for finding in each.findings))


def read_judgements(folder: Path) -> dict[str, list[Judgement]]:
    """Read the judgements of a run, by their scenario's location; none where none are there.

    Raises:
        UsageError: they cannot be read.
    """
    file = folder / FILE
    return read_file(file, _parsed) if file.exists() else {}


def _parsed(content: bytes) -> dict[str, list[Judgement]]:
    if _NUMBERED.match(content):
        return JudgementsFile.model_validate_json(content).scenarios
    return _JUDGEMENTS.validate_json(content)
