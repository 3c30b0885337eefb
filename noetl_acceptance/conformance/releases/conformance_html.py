"""docs/conformance.html: the page over releases as one file that needs nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from noetl_acceptance.conformance.proven import row_ranges
from noetl_acceptance.conformance.releases.cells import HOLDS, NOT_JUDGED, NOT_RUN, UNKNOWN
from noetl_acceptance.conformance.releases.conformance_page import (
    CHANGES,
    PATTERN_HEAD,
    changes_of,
    coverage,
    editions_of,
    ends_of,
    smoke_seconds,
)
from noetl_acceptance.conformance.releases.core import LEFT_OUT
from noetl_acceptance.conformance.releases.heat_map import LEGEND, Column, columns_of, symbol_of
from noetl_acceptance.conformance.releases.page_lines import (
    claim_of,
    command_of,
    edition_of,
    others,
    pattern_rows_of,
    rows_of,
)
from noetl_acceptance.conformance.releases.release_file import ReleaseFile, name_of
from noetl_acceptance.conformance.releases.statements import (
    CLASSES,
    DEVIATES,
    KEEPS,
    MISLEADING,
    PARTLY,
    cell_of,
    class_of,
    line_of,
    statement,
    stretches,
)
from noetl_acceptance.model.wording import counted
from noetl_acceptance.verdict.claims import Contract

TONES = {
    HOLDS: "good",
    "deviates": "known",
    "fails": "bad",
    UNKNOWN: "none",
    KEEPS: "good",
    DEVIATES: "known",
    PARTLY: "part",
    MISLEADING: "bad",
    NOT_RUN: "none",
    NOT_JUDGED: "none",
}
"""The colour of each word of a cell, and of each class."""

_PAGE = Path(__file__).parent / "page"
_HEIGHT, _WIDTH, _LEFT, _BOTTOM = 160.0, 900.0, 40.0, 24.0


def conformance_html(releases: Sequence[ReleaseFile], contract: Contract) -> str:
    """Return the page's text; the arguments are those of ``conformance_page``."""
    rows = rows_of(releases, contract)
    columns = columns_of(releases, rows)
    counts = Counter(map(class_of, releases))
    environment = Environment(
        loader=FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = counted
    page: str = environment.get_template("conformance.html").render(
        style=Markup((_PAGE / "conformance.css").read_text(encoding="utf-8").rstrip()),  # noqa: S704
        classes=[
            {"name": name, "about": about, "count": counts[name], "tone": TONES[name]}
            for name, about in CLASSES.items()
        ],
        legend=LEGEND,
        tones=TONES,
        columns=list(map(_column, columns)),
        editions=list(_editions(columns)),
        rows=[
            {**_row(releases, row, contract), "cells": list(_cells(columns, row))} for row in rows
        ],
        pattern=[
            _row(others(releases), row, contract) for row in pattern_rows_of(releases, contract)
        ],
        coverage=coverage(releases) if releases else "",
        pattern_head=PATTERN_HEAD,
        line=_line(releases),
        change_head=CHANGES,
        changes=list(changes_of(releases)),
        releases=list(map(_release, releases)),
        left_out=[(reason, row_ranges(named)) for reason, named in LEFT_OUT.items()],
    )
    return page


def _column(column: Column) -> dict[str, Any]:
    found = class_of(column.releases[0])
    return {"span": column.span, "class": found, "tone": TONES[found]}


def _editions(columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    for name, of_it in groupby(columns, key=lambda each: each.edition):
        yield {"name": name, "width": len(list(of_it))}


def _row(releases: Sequence[ReleaseFile], row: str, contract: Contract) -> dict[str, Any]:
    return {
        "id": row,
        "claim": claim_of(row, contract),
        "statement": statement(releases, row),
        "stretches": list(_stretches(releases, row)),
    }


def _cells(columns: Sequence[Column], row: str) -> Iterator[dict[str, Any]]:
    """Yield the cells of a row, neighbours that say the same in one."""
    for (word, words), of_it in groupby(columns, key=lambda each: each.cells[row][:2]):
        held = list(of_it)
        first, last = held[0].releases[0], held[-1].releases[-1]
        span = first.release if first is last else f"{first.release}–{last.release}"
        yield {
            "tone": TONES[word],
            "symbol": symbol_of(held[0].cells[row]),
            "words": words,
            "width": len(held),
            "anchor": f"{row}-{_first_alike(columns, row, held[0])}",
            "title": f"{row}, {span}: {words}; edition {edition_of(first, row)}",
        }


def _first_alike(columns: Sequence[Column], row: str, column: Column) -> str:
    """Return the name of the release with which the stretch begins that a column stands in."""
    number = columns.index(column)
    words = column.cells[row].words
    while number and columns[number - 1].cells[row].words == words:
        number -= 1
    return name_of(columns[number].releases[0].asked)


def _stretches(releases: Sequence[ReleaseFile], row: str) -> Iterator[dict[str, Any]]:
    by_name = {each.release: each for each in releases}
    for each in stretches(releases, row):
        first = by_name[each.releases[0]]
        cell = cell_of(first, row)
        yield {
            "span": each.span,
            "words": each.words,
            "tone": TONES[cell.word],
            "anchor": f"{row}-{name_of(first.asked)}",
            "said": "" if cell.word == HOLDS else cell.said,
            "editions": editions_of(each, row, by_name),
            "commands": [command_of(found, row) for found in ends_of(each, by_name)],
        }


def _release(found: ReleaseFile) -> dict[str, Any]:
    return {
        "name": name_of(found.asked),
        "release": found.release,
        "class": class_of(found),
        "tone": TONES[class_of(found)],
        "line": line_of(found),
        "edition": found.edition,
        "seconds": smoke_seconds(found),
        "when": found.when[:10],
        "commit": found.commit,
    }


def _line(releases: Sequence[ReleaseFile]) -> Markup:
    """Draw the seconds of the smoke test, release by release; it breaks where there are none."""
    told = [smoke_seconds(each) for each in releases]
    values = [float(each.split()[0]) if each != "–" else None for each in told]
    most = max((each for each in values if each is not None), default=0.0)
    if not most:
        return Markup("<p>None completed.</p>")
    step = (_WIDTH - _LEFT - 10) / max(len(values) - 1, 1)
    path, dots, pen = [], [], "M"
    for number, (value, found) in enumerate(zip(values, releases, strict=True)):
        if value is None:
            pen = "M"
            continue
        x = _LEFT + number * step
        y = (_HEIGHT - _BOTTOM) * (1 - value / most) + 4
        path.append(f"{pen}{x:.1f} {y:.1f}")
        title = Markup("{}: {} s").format(found.release, value)
        dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"><title>{title}</title></circle>')
        pen = "L"
    base = _HEIGHT - _BOTTOM + 4
    ends = Markup(
        '<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>'
    ).format(
        _LEFT, _HEIGHT - 6, releases[0].release, _WIDTH - 10, _HEIGHT - 6, releases[-1].release
    )
    return Markup(  # noqa: S704 - numbers, and releases that are escaped above
        f'<svg class="line" viewBox="0 0 {_WIDTH:.0f} {_HEIGHT:.0f}" role="img" '
        f'aria-label="Seconds of the smoke test, release by release, at most {most:.1f}">'
        f'<line x1="{_LEFT}" x2="{_WIDTH - 10}" y1="{base}" y2="{base}"></line>'
        f'<text x="2" y="12">{most:.0f} s</text><text x="2" y="{base}">0 s</text>{ends}'
        f'<path d="{" ".join(path)}"></path>{"".join(dots)}</svg>'
    )
