"""The page over releases, opened in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from noetl_acceptance.conformance.releases.conformance_html import conformance_html
from noetl_acceptance.conformance.releases.release_file import ReleaseFile
from noetl_acceptance.verdict.claims import load_contract
from tests.browser.chromium import Page
from tests.releases import HANGS, HOLDS, LOST, execution, release

LAST = "the last items of a batch are lost"


def many() -> list[ReleaseFile]:
    good = [release(f"2.8.{number}", C24=HOLDS, P1=HOLDS) for number in range(5, 40)]
    lost = [
        release(
            f"2.10.{number}", execution(9, lost=LAST), C24=LOST, P1=HOLDS if number % 2 else LOST
        )
        for number in range(30)
    ]
    hang = [release("2.11.0", execution(200, end="not ended"), C24=HANGS, P1=HANGS)]
    return [*good, *lost, *hang]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page") / "conformance.html"
    made.write_text(conformance_html(many(), load_contract()), encoding="utf-8")
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_fits_and_asks_for_nothing(
    width: int, scheme: str, page: Page, file: Path
) -> None:
    page.open(file, width=width, scheme=scheme)
    assert page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width]
    assert page.complaints == []
    assert set(page.requests) <= {file.as_uri(), "data:,"}
    assert page.evaluate("document.querySelectorAll('.map .span').length") == 32
    assert page.evaluate("document.querySelectorAll('.line circle').length") == 65


def test_cells_that_are_alike_are_one_and_lead_to_what_was_seen(page: Page, file: Path) -> None:
    page.open(file)
    row = "[...document.querySelectorAll('.map tbody tr')][0]"
    assert page.evaluate(f"{row}.querySelectorAll('.cell').length") == 3
    assert page.evaluate(f"[...{row}.querySelectorAll('.cell')].map((each) => each.colSpan)") == [
        1,
        30,
        1,
    ]
    page.evaluate(f"{row}.querySelectorAll('.cell a')[1].click()")
    assert page.evaluate("document.querySelector('.stretch:target b').textContent") == (
        "2.10.0–2.10.29"
    )
    assert "-D noetl=2.10.0" in page.evaluate(
        "document.querySelector('.stretch:target pre').textContent"
    )


def test_dark_and_light_differ(page: Page, file: Path) -> None:
    colours = {}
    for scheme in ("light", "dark"):
        page.open(file, scheme=scheme)
        colours[scheme] = page.evaluate(
            "['body', 'td', '.cell a'].map((each) => {"
            " const style = getComputedStyle(document.querySelector(each));"
            " return [style.backgroundColor, style.color]; })"
        )
    assert all(one != other for one, other in zip(*colours.values(), strict=True))


def test_the_names_of_claims_stay_in_sight_when_the_map_is_moved(page: Page, file: Path) -> None:
    page.open(file, width=390)
    page.evaluate("document.querySelector('.wide').scrollLeft = 600")
    left = page.evaluate("document.querySelector('.map tbody th').getBoundingClientRect().left")
    assert 0 <= left < 40
