"""The checks on recorded real executions: the healthy one, and one for each seeded defect."""

from __future__ import annotations

import gzip

import pytest

from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.places import ROOT
from tests.mutants.defects import Defect, recorded_defects
from tests.test_checks import all_findings


def recorded(name: str) -> ExecutionRecord:
    file = ROOT / "tests" / "recorded" / f"{name}.json.gz"
    return ExecutionRecord.model_validate_json(gzip.decompress(file.read_bytes()))


def test_a_healthy_execution_has_no_finding() -> None:
    assert all_findings(recorded("healthy")) == []


@pytest.mark.parametrize("defect", recorded_defects(), ids=lambda defect: defect.name)
def test_a_defective_execution_has_just_the_findings_that_name_it(defect: Defect) -> None:
    run = recorded(defect.name)
    found = {str(finding) for finding in all_findings(run)}
    unexplained = {text for text in found if not any(words in text for words in defect.findings)}
    unseen = {words for words in defect.findings if not any(words in text for text in found)}
    assert (unexplained, unseen) == (set(), set())
