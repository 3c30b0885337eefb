"""The page of a run, opened in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from noetl_acceptance.checks.calls import peak_in_flight
from noetl_acceptance.evidence.report import write_report
from noetl_acceptance.model.record import ExecutionRecord
from tests.browser.chromium import Page
from tests.reports import make_folder, parallel_run, without_row
from tests.runs import healthy_run
from tests.test_recorded import recorded

RUNS: dict[str, Callable[[], ExecutionRecord]] = {
    "4 rows": lambda: healthy_run(4, 4, 1),
    "4 rows, one lost": lambda: without_row(healthy_run(4, 4, 1), 3),
    "recorded": lambda: recorded("healthy"),
    "recorded, one lost": lambda: recorded("drops-one-row"),
    "20 × 100": parallel_run,
    "20 × 100, one lost": lambda: without_row(parallel_run(), 1050),
}
LOST = {"4 rows, one lost": 3, "recorded, one lost": 50, "20 × 100, one lost": 1050}

PEAK_DRAWN = """(() => {
  const area = document.querySelector('.picture path.calls').getBBox();
  const zero = +document.querySelector('.picture .level[data-value="0"]').getAttribute('y1');
  const peak = document.querySelector('.picture .level.peak');
  return [area.y, +peak.getAttribute('y1'), area.y + area.height, zero, +peak.dataset.value];
})()"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of all runs by their names."""
    root = tmp_path_factory.mktemp("runs")
    made = {}
    for number, (name, run) in enumerate(RUNS.items()):
        made[name] = write_report(make_folder(root / str(number), [run()]))
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("name", RUNS)
def test_a_page_shows_what_the_run_was(
    name: str, width: int, scheme: str, page: Page, files: dict[str, Path]
) -> None:
    run = RUNS[name]()
    page.open(files[name], width=width, scheme=scheme)
    count = page.evaluate("document.querySelectorAll('.picture .batch').length")
    assert count == run.workload.max_batches
    highest, peak_line, lowest, zero, peak = page.evaluate(PEAK_DRAWN)
    assert peak == peak_in_flight(run.outcome.calls)
    assert highest == pytest.approx(peak_line, abs=0.11)
    assert lowest == pytest.approx(zero, abs=0.11)
    text = page.evaluate("document.body.innerText")
    if name in LOST:
        assert f"(travelers {LOST[name]})" in text
        assert page.evaluate("document.querySelector('#product .scenario').open")
    else:
        assert page.evaluate("document.querySelector('#product')") is None
    assert page.requests == [files[name].as_uri(), "data:,"] or page.requests == [
        files[name].as_uri()
    ]
    assert page.complaints == []
    inner, scrolled = page.evaluate("[innerWidth, document.documentElement.scrollWidth]")
    assert (inner, scrolled) == (width, width)


def test_the_page_stays_within_a_phone_when_all_is_unfolded(
    page: Page, files: dict[str, Path]
) -> None:
    page.open(files["recorded, one lost"], width=390)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_dark_and_light_differ(page: Page, files: dict[str, Path]) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page.open(files["recorded"], scheme=scheme)
        colours[scheme] = page.evaluate(
            "['body', '.scenario', '.picture .batch'].map((each) => {"
            " const style = getComputedStyle(document.querySelector(each));"
            " return [style.backgroundColor, style.color, style.fill]; })"
        )
    assert all(one != other for one, other in zip(*colours.values(), strict=True))


VISIBLE = (
    "[...document.querySelectorAll('.scenario')].filter((each) => each.offsetParent !== null)"
    ".map((each) => each.querySelector('.title').textContent)"
)


def test_search_leaves_what_has_all_the_words(page: Page, files: dict[str, Path]) -> None:
    page.open(files["recorded, one lost"])
    every = page.evaluate(VISIBLE)
    page.type("#search", "p1 LOST")
    assert page.evaluate(VISIBLE) == ["Nobody is lost of 200"]
    assert page.evaluate("document.getElementById('shown').textContent") == f"1 of {len(every)}"
    assert page.evaluate("document.getElementById('passed').offsetParent === null")
    page.type("#search", "nothing has these words")
    assert page.evaluate(VISIBLE) == []
    page.type("#search", "")
    assert page.evaluate(VISIBLE) == every


def test_a_link_opens_what_is_folded_or_filtered_away(page: Page, files: dict[str, Path]) -> None:
    page.open(files["recorded, one lost"])
    page.type("#search", "nothing has these words")
    page.evaluate("document.querySelector('.execution').open = false")
    run = recorded("drops-one-row").execution_id
    page.evaluate(f"location.hash = 'execution-{run}'")
    assert page.evaluate(
        "new Promise((done) => requestAnimationFrame(() =>"
        " done(document.querySelector('.execution').open)))"
    )
    page.evaluate("location.hash = document.querySelector('#passed .scenario').id")
    assert page.evaluate(
        "new Promise((done) => requestAnimationFrame(() =>"
        " done(document.querySelector('#passed .scenario').open)))"
    )
    assert page.evaluate("document.getElementById('search').value") == ""


def test_a_picture_tells_its_parts_to_those_who_do_not_see_it(
    page: Page, files: dict[str, Path]
) -> None:
    page.open(files["recorded"])
    assert page.evaluate(
        "document.querySelector('.picture').getAttribute('aria-labelledby').split(' ')"
        ".every((id) => document.getElementById(id).textContent.length > 20)"
    )
    assert page.evaluate(
        "[...document.querySelectorAll('.picture .batch, .picture circle')]"
        ".every((each) => each.querySelector('title') !== null)"
    )


def test_a_script_that_got_in_would_not_run(page: Page, files: dict[str, Path]) -> None:
    page.open(files["4 rows"])
    page.evaluate(
        "(() => { const evil = document.createElement('script');"
        " evil.textContent = 'window.ran = 1'; document.body.append(evil); })()"
    )
    assert page.evaluate("window.ran === undefined")
    assert page.complaints
