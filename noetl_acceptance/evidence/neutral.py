"""Keeps the paths of this machine out of what is sent to others."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.places import BASE, ROOT

LEGEND = "CHECKOUT, FOLDER, RUN, HOME, TMP, PYTHON and the like stand for folders of the machine."

OWN_PAIR = "BUNDLE/playbooks"
"""Where a bundle's reader has the pair under test, when it is not the suite's own."""

_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - what is looked for, not where anything is written

_PACKAGES = re.compile(
    r'(?:(?<=")/[^"\n]*|(?<![\w.-])/[^\s"\':,;()]*)/(?:(?:site|dist)-packages|lib/python3\.\d+)/'
)
"""The folder of an installed package or of Python's own library, as tracebacks name it."""

ORIGIN = re.compile(r"(wheel|checkout|programs of) (/.*), (\w+)")
"""Where NoETL's code came from: what it was, its place on the machine, its digest."""


def neutral(text: str, places: Mapping[str, str]) -> str:
    """Return a text in which no place of this machine stands any more.

    Args:
        text: of any kind, JSON among them.
        places: the words for folders, by their paths.
    """
    text = _PACKAGES.sub("PYTHON/", text)
    for path, word in sorted(places.items(), key=lambda place: -len(place[0])):
        for written in {path, json.dumps(path)[1:-1], json.dumps(path, ensure_ascii=False)[1:-1]}:
            text = re.sub(rf"(?<![\w.-]){re.escape(written)}(?![\w-])", word, text)
    return text


def places_of(figures: Figures, folder: Path | None = None) -> dict[str, str]:
    """Return the words for the folders that a run has to do with, by their paths.

    Args:
        figures: of the run, whose options may name files.
        folder: the run's.
    """
    named = {
        BASE: "FOLDER",
        ROOT: "CHECKOUT",
        Path.home(): "HOME",
        Path(tempfile.gettempdir()): "TMP",
    }
    named |= {Path(each): "TMP" for each in _TEMPORARY}
    for own in {folder.absolute(), folder.resolve()} if folder is not None else ():
        named.setdefault(own.parent, "RUNS")  # lanes leave files beside the run's folder
        named[own] = "RUN"
    for key in ("runs", "noetl", "attach"):
        path = Path(figures.options.get(key, "")).expanduser()
        if path.is_absolute():
            named[path if key == "runs" else path.parent] = key.upper()
    if origin := ORIGIN.match(figures.origin):
        named[Path(origin[2]).parent] = "NOETL"
    if "playbooks" in figures.options:
        named[Path(figures.options["playbooks"])] = OWN_PAIR
    found: dict[str, str] = {}
    for path, word in named.items():
        for spelt in (path, path.resolve()):
            if len(spelt.parts) > 1:
                found.setdefault(str(spelt), word)
    return found


def pair_name(figures: Figures) -> str:
    """Return the name of the pair under test; empty where it is the suite's own."""
    path = figures.options.get("playbooks")
    if path is None:
        return ""
    pair = Path(path).resolve()
    return str(pair.relative_to(ROOT)) if pair.is_relative_to(ROOT) else pair.name
