"""The pages over releases: every word from what was found, every cell with its command."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from noetl_acceptance.conformance.feature_files import read_features
from noetl_acceptance.conformance.releases.badges import badges, summaries
from noetl_acceptance.conformance.releases.conformance_html import conformance_html
from noetl_acceptance.conformance.releases.conformance_page import conformance_page
from noetl_acceptance.conformance.releases.core import CORE, core_cases
from noetl_acceptance.conformance.releases.page_lines import command_of
from noetl_acceptance.conformance.releases.release_file import Pattern
from noetl_acceptance.verdict.claims import load_contract
from tests.releases import HANGS, HOLDS, LOST, execution, outcome, release

LAST = "items at the end of a batch are lost"
PATTERN = Pattern(
    edition="documents-pattern/2.24-4.x",
    outcome=LOST,
    rows={"C05": HOLDS, "C24": LOST},
    end="playbook.completed",
    lost="no row is stored",
)
RELEASES = [
    release(
        "2.8.9", C24=HOLDS, P8=outcome("deviates", "secret-leaked", said="the log of <server>")
    ),
    release("2.10.0", C24=HOLDS, P8=outcome("fails", "secret-leaked")),
    release("2.10.42", execution(9, lost=LAST), C24=LOST, P8=HOLDS),
    release("2.12.8", execution(200, end="not ended"), C24=HANGS, P8=HOLDS),
    release("2.13.0", hindrance="install"),
    release("2.24.2", edition="2.24-4.x", C24=HOLDS, P8=HOLDS).model_copy(
        update={"pattern": PATTERN}
    ),
]
CONTRACT = load_contract()
PAGE = conformance_page(RELEASES, CONTRACT)
HTML = conformance_html(RELEASES, CONTRACT)


def test_a_claim_has_its_statement_and_no_claim_is_told_that_was_not_tried() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| [C24](#c24)"))
    assert line.endswith(
        f"| holds 2.8.9–2.10.0; 2.10.42: {LAST}; hangs 2.12.8; does not run 2.13.0; holds 2.24.2 |"
    )
    assert "[C01]" not in PAGE


def test_the_heat_map_tells_recorded_from_other_deviations() -> None:
    lines = [
        line for line in PAGE.splitlines() if line.startswith(("| row | 2", "| C24 |", "| P8 |"))
    ]
    assert lines == [
        "| row | 2.8.9 | 2.10.0 | 2.10.42 | 2.12.8 | 2.13.0 | 2.24.2 |",
        "| C24 | ● | ● | ○ | H | × | ● |",
        "| P8 | ◐ | ○ | ● | ● | × | ● |",
    ]


def test_what_changed_between_neighbours_is_told() -> None:
    assert f"| 2.10.0 | 2.10.42 | C24 | holds | {LAST} |" in PAGE
    assert "| 2.10.0 | 2.10.42 | P8 | a password is logged | holds |" in PAGE
    assert "<td>P8</td><td>a password is logged</td><td>holds</td>" in HTML


def test_each_stretch_has_its_edition_and_the_command_that_tries_it_again() -> None:
    claim = PAGE[PAGE.index("### C24") : PAGE.index("### P8")]
    assert "| 2.24.2 | holds | – | 2.24-4.x |" in claim
    for name in ("2.8.9", "2.10.42", "2.12.8", "2.13.0", "2.24.2"):
        assert f"-D noetl={name} -D sandbox=embedded" in claim


def test_the_command_of_a_cell_selects_scenarios_of_the_core_set() -> None:
    assert command_of(RELEASES[0], "C24") == (
        "noetl-acceptance run -D noetl=2.8.9 -D sandbox=embedded -D give-up=standstill "
        "'--tags=@core and @C24'"
    )
    assert any({CORE, "C24"} <= set(case.tags) for _, case in core_cases(read_features()))


def test_without_releases_the_pages_say_so() -> None:
    assert "No release has been tried yet." in conformance_page([], CONTRACT)
    assert "0 releases tried" in conformance_html([], CONTRACT)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.sources: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value and value.startswith("#"):
                self.targets.add(value.removeprefix("#"))
            if name in ("src", "href") and value and tag != "a":
                self.sources.add(value)


def test_the_html_needs_nothing_else_and_its_links_lead_somewhere() -> None:
    links = _Links()
    links.feed(HTML)
    assert len(links.ids) == len(set(links.ids))
    assert links.targets <= set(links.ids)
    assert links.sources == {"data:,"}
    assert not re.search(r"https?://|@import|url\(", HTML)


def test_the_html_has_the_same_words_and_escapes_what_was_found() -> None:
    assert f"holds 2.8.9–2.10.0; 2.10.42: {LAST}; hangs 2.12.8" in HTML
    assert "the log of &lt;server&gt;" in HTML
    assert "@core and @C24" in HTML


def test_each_release_has_a_badge_and_a_line() -> None:
    made = badges(RELEASES)
    assert [file.name for file in made][:2] == ["2.8.9.svg", "2.10.0.svg"]
    told = next(text for file, text in made.items() if file.name == "2.10.42.svg")
    assert "misleading" in told
    line = f"1 of 2 claims hold; {LAST} (C24); completed, and {LAST}"
    assert f"<title>NoETL 2.10.42: misleading: {line}</title>" in told
    lines = summaries(RELEASES).splitlines()
    assert len(lines) == len(RELEASES)
    assert lines[4] == "NoETL 2.13.0: does not run: no package index has it"


def test_the_documents_own_pattern_is_a_line_of_its_own() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("| [pattern](#pattern)"))
    assert line.endswith("2.24.2: completed, and no row is stored |")
    claim = PAGE[PAGE.index("### pattern") :]
    assert "| documents-pattern/2.24-4.x |" in claim
    assert "-D playbooks=playbooks/documents-pattern/2.24-4.x '--tags=@core and @C24'" in claim
    assert "edition documents-pattern/2.24-4.x" in HTML


def test_the_documents_own_pattern_is_told_claim_by_claim() -> None:
    part = PAGE.partition("## With the documents' own pattern")[2].partition("## The heat map")[0]
    told = [line.rsplit(" | ", 1)[1] for line in part.splitlines() if "(#pattern-" in line]
    assert told == ["holds 2.24.2 |", "2.24.2: no row is stored |"]
    assert command_of(RELEASES[-1], "pattern-C05").endswith(
        "-D playbooks=playbooks/documents-pattern/2.24-4.x '--tags=@core and @C05'"
    )
    assert 'id="pattern-C05"' in HTML
