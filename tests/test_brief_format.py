"""What the console shows of a feature."""

from __future__ import annotations

import pytest

from noetl_acceptance.cli.main import main

SMOKE = "features/smoke.feature"
NAME = "Feature: Smoke test of the traveler batch enrichment"


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["run", "--dry-run", "--no-color", SMOKE, *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_the_first_step_stands_near_the_top(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, "--tags=@C25 and not @core")
    begin = lines.index(NAME)
    assert lines[begin - 1 : begin + 7] == [
        "@quick",
        NAME,
        f"  Introduction: {SMOKE}",
        "  Rule: Every traveler in range MUST be stored, whatever the sizes ",
        "",
        "    @C25",
        "    Scenario: Every seeded traveler in range has a row ",
        "      Given the traveler playbooks are registered",
    ]


def test_scenarios_and_steps_are_those_of_pretty(capsys: pytest.CaptureFixture[str]) -> None:
    pretty = shown(capsys, "--format=pretty")
    brief = shown(capsys)
    assert len(pretty) - len(brief) > 40, "the introduction"
    assert [line for line in brief if line not in pretty] == [f"  Introduction: {SMOKE}"]
    assert brief[-200:] == pretty[-200:]
