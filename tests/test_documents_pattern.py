"""The pair in the documents' own pattern is what its line on the page over releases says it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from noetl_acceptance.generations.editions import pattern_for
from noetl_acceptance.model.playbooks import load_pair
from noetl_acceptance.places import ROOT

FILES = sorted((ROOT / "playbooks").rglob("*.yaml"))


@pytest.mark.parametrize("noetl", ["2.8.9", "2.16.7", "4.26.0"])
def test_a_loop_of_http_calls_is_followed_by_one_step_over_its_results(noetl: str) -> None:
    folder = pattern_for(noetl)
    assert folder
    steps: dict[str, dict[str, Any]] = load_pair(folder).worker.steps()
    fetch = next(name for name, step in steps.items() if "loop" in step)
    assert steps[fetch]["tool"]["kind"] == "http"
    (arc,) = steps[fetch]["next"]["arcs"]
    following = steps[arc["step"]]["tool"]
    assert following["kind"] == "python"
    taken = following.get("args") or following.get("input")
    assert f"{{{{ {fetch}.results }}}}" in taken.values()


class _Strict(yaml.SafeLoader):
    """Refuses what YAML leaves open: a key that stands twice."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [key.value for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"{node.start_mark}: {keys}"
    return loader.construct_mapping(node, deep=True)


_Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_key_stands_twice_in_a_playbook(file: Path) -> None:
    assert yaml.load(file.read_text(encoding="utf-8"), _Strict)  # noqa: S506 - a safe loader
