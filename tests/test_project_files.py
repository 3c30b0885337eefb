"""Files that serve those who work on the project: hooks, forms, updates, types."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from noetl_acceptance.places import ROOT

FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*-*.yml"))


def lint_commands() -> list[str]:
    """The commands of `make lint`, each on its line of the Makefile."""
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert recipe is not None
    return recipe[1].replace("\\\n", " ").strip("\t\n").split("\n\t")


def hook_entries() -> list[str]:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    return [hook["entry"] for repository in hooks["repos"] for hook in repository["hooks"]]


def test_each_command_of_lint_is_a_hook_and_each_hook_a_command_of_lint() -> None:
    commands, entries = lint_commands(), hook_entries()
    missing = [line for line in commands if not any(line.startswith(each) for each in entries)]
    assert missing == []
    unknown = [each for each in entries if not any(line.startswith(each) for line in commands)]
    assert unknown == []


def test_the_hooks_run_tools_of_the_environment_and_fetch_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    assert {hook["language"] for hook in hooks["repos"][0]["hooks"]} == {"system"}


def test_every_form_for_an_issue_asks_for_the_bundle() -> None:
    assert len(FORMS) == 2
    for form in [*FORMS, ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md"]:
        assert "runs/RUN/bundles/NAME.zip" in form.read_text(), form


def test_updates_leave_the_locks_to_the_script_that_writes_them() -> None:
    updates = json.loads((ROOT / ".github" / "renovate.json").read_text())
    (rule,) = updates["packageRules"]
    assert rule["matchManagers"] == ["pep621", "pip_requirements"]
    assert rule["postUpgradeTasks"]["commands"] == ["make lock"]
    (pattern,) = updates["pip_requirements"]["managerFilePatterns"]
    taken = [
        path.name
        for path in sorted((ROOT / "requirements").iterdir())
        if re.search(pattern.strip("/"), f"requirements/{path.name}")
    ]
    assert taken == ["dev.in", "profile-api.in"]


def test_the_changelog_has_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    text = (ROOT / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert project["project"]["version"] in headings


@pytest.mark.parametrize("link", ["none.md", "#none", "there.md#none"])
def test_a_link_that_leads_nowhere_fails_lint(link: str, tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# There\n")
    page = tmp_path / "page.md"
    program, settings = str(Path(sys.executable).parent / "rumdl"), str(ROOT / "pyproject.toml")
    rumdl = [program, "check", "--no-cache", "--config", settings, "."]
    page.write_text(f"# Page\n\n[link]({link})\n")
    assert subprocess.run(rumdl, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    page.write_text("# Page\n\n[link](there.md#there)\n")
    assert subprocess.run(rumdl, cwd=tmp_path, capture_output=True, check=False).returncode == 0
