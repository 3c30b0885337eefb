"""The run summary, for a pipeline's page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.evidence import results
from noetl_acceptance.evidence.collector import Evidence
from noetl_acceptance.evidence.figures import Figures
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.evidence.run_summary import (
    FAILURES,
    FILE,
    MOST_BYTES,
    MOST_LINES,
    run_summary,
    write_run_summary,
)
from noetl_acceptance.places import ROOT
from noetl_acceptance.verdict import exit_codes
from tests.test_run_verdict import BROKEN, run_broken

FIGURES = Figures(noetl="2.8.9", sandbox="embedded", workers=5, commit="abc1234", wall=9.4)
MESSAGE = """
Expected: Every seeded traveler has a row.
     but: row-missing: 1 row missing (travelers 50)
"""


def scenario(line: int, verdict: str = "passed", **fields: Any) -> ScenarioResult:
    location = f"features/smoke.feature:{line}"
    return ScenarioResult("F", f"Scenario {line}", location, ("C25",), verdict, **fields)


def summary(*found: ScenarioResult, **places: str) -> str:
    told = {f"/{path}": word for path, word in places.items()}
    return run_summary(found, FIGURES, {"proven": "C01–C03", "failed by the product": "C25"}, told)


def test_it_has_the_verdict_the_rows_and_each_failure_with_its_command() -> None:
    found = summary(scenario(3), scenario(219, "product", reason=MESSAGE))
    assert (
        found
        == """\
## verdict: 1 passed, 1 failed by the product in 9 s

NoETL 2.8.9, sandbox embedded, 5 workers;
noetl-acceptance at commit abc1234, run of WHEN

| the contract's rows | |
|---|---|
| proven | C01–C03 |
| failed by the product | C25 |

### Failed by the product

#### features/smoke.feature:219 Scenario 219

Contract: C25

```text
Expected: Every seeded traveler has a row.
     but: row-missing: 1 row missing (travelers 50)
```

```sh
.venv/bin/behave features/smoke.feature:219 -D sandbox=embedded
```
""".replace("WHEN", FIGURES.when)
    )


def test_whose_failure_it_is_heads_each_section_the_products_first() -> None:
    found = summary(*(scenario(n, each) for n, each in enumerate(reversed(FAILURES), 1)))
    assert re.findall("^### (.*)$", found, re.MULTILINE) == [
        "Failed by the product",
        "Failed by the sandbox",
        "Failed by the suite",
        "Could not run",
        "Interrupted",
    ]


def test_what_was_not_judged_deviates_or_was_run_again_has_a_line() -> None:
    found = summary(
        scenario(1, "skipped", reason="not judged, because the logs\n are out of sight"),
        scenario(2, "skipped", reason="not run"),
        scenario(3, "skipped", reason="not run"),
        scenario(4, "deviates", deviations=("a row too few",)),
        scenario(5, earlier="after 9 s: no end"),
        scenario(6, "sandbox", reason="it broke", earlier="after 8 s: no end"),
    )
    where = "features/smoke.feature"
    assert (
        f"""\
### Not judged

- 2 scenarios: not run
- {where}:1 Scenario 1: not judged, because the logs are out of sight

### Run again alone

- {where}:5 Scenario 5: beside others after 9 s: no end

### Deviate as recorded

- {where}:4 Scenario 4: a row too few
"""
        in found
    )
    assert "At first, beside others: after 8 s: no end\n" in found


def test_settings_of_ones_own_and_what_they_change_are_told() -> None:
    figures = FIGURES.model_copy(update={"settings": {"LOG_LEVEL": "WARNING"}})
    found = run_summary([scenario(3, differs=("a row too few did not show",))], figures, {}, {})
    assert "settings LOG\\_LEVEL=WARNING;" in found
    assert "### Differ from the record\n\n- features/smoke.feature:3 Scenario 3: a row" in found
    assert "Differ from" not in summary(scenario(3))


def test_every_verdict_that_is_no_success_has_a_section() -> None:
    for verdict in exit_codes.CODES:
        assert "### " in summary(scenario(1, verdict, reason="not run"))
    assert "### " not in summary(scenario(1))


def test_a_failure_outside_of_scenarios_has_no_command() -> None:
    found = summary(results.of_the_run("the take-down", SandboxError("a container stays")))
    assert "#### the take-down\n" in found
    assert "a container stays" in found
    assert "```sh" not in found


def test_a_long_message_is_cut_and_says_by_how_much() -> None:
    lines = [f"line {number} {'x' * 1000}" for number in range(MOST_LINES + 3)]
    found = summary(scenario(1, "suite", reason="\n".join(lines)))
    assert f"line {MOST_LINES - 1} " in found
    assert f"line {MOST_LINES} " not in found
    assert "… 3 lines more\n```\n" in found
    assert "x" * 301 not in found


def test_what_does_not_fit_is_counted_and_the_products_failures_come_first() -> None:
    reason = "\n".join(["y" * 250] * MOST_LINES)
    found = [scenario(n, "product" if n % 2 else "suite", reason=reason) for n in range(100)]
    text = summary(*found, scenario(200, "deviates"))
    shown = text.count("#### ")
    assert 15 < shown < 25
    told = f"{50 - shown} failed by the product, 50 failed by the suite, 1 deviates as recorded"
    assert text.endswith(f"Left out here, for lack of space: {told}. The report has all.\n")


RESULTS = st.builds(
    ScenarioResult,
    feature=st.just("F"),
    scenario=st.text(max_size=400),
    location=st.sampled_from(["", "features/f.feature:1"]),
    rows=st.just(("C01",)),
    verdict=st.sampled_from(["passed", "deviates", *FAILURES, "skipped"]),
    reason=st.text().map(lambda text: text * 1000),
    earlier=st.text(),
)


@settings(max_examples=30)
@given(st.lists(RESULTS, max_size=6).map(lambda found: found * 40))
def test_it_never_takes_more_than_github_shows(found: list[ScenarioResult]) -> None:
    assert len(summary(*found).encode()) <= MOST_BYTES


@given(st.text())
def test_no_message_ends_its_block_of_code(text: str) -> None:
    lines = summary(scenario(1, "product", reason=f"{text}\n```\n# x")).splitlines()
    (opened,) = (n for n, line in enumerate(lines) if re.fullmatch("`{4,}text", line))
    closed = lines.index(lines[opened].removesuffix("text"))
    assert lines[closed - 1] == "# x"


def test_a_name_is_shown_as_it_is() -> None:
    name = "<b> | `a_b` *c* [d](e) #1 &amp; $x$"
    found = summary(ScenarioResult("F", name, "f:1", (), "skipped", "because"))
    shown = r"\<b\> \| \`a\_b\` \*c\* \[d\](e) \#1 \&amp; \$x\$"
    assert f"- f:1 {shown}: because" in found


def test_no_folder_of_this_machine_is_told(tmp_path: Path) -> None:
    pair = ROOT / "tests" / "pairs" / "tea"
    figures = FIGURES.model_copy(
        update={"options": {"playbooks": str(pair), "noetl": "/srv/n.whl"}}
    )
    told = f"see {tmp_path}/logs/server.log and {ROOT}/x"
    write_run_summary([scenario(1, "suite", reason=told)], figures, {}, tmp_path)
    text = (tmp_path / FILE).read_text()
    assert "see RUN/logs/server.log and CHECKOUT/x" in text
    assert "-D playbooks=tests/pairs/tea -D noetl=NOETL/n.whl" in text
    assert "stand for folders of the machine" in text
    for path in (str(ROOT), str(tmp_path), "/srv"):
        assert path not in text
    assert "stand for folders" not in summary(scenario(1, "suite", reason="plain"), srv="SRV")


def test_a_run_of_behave_leaves_it_with_the_verdict_of_the_run(tmp_path: Path) -> None:
    ended = run_broken(tmp_path, f"{BROKEN}/product")
    (file,) = (tmp_path / "runs").glob(f"*/{FILE}")
    text = file.read_text()
    assert "## verdict: 1 passed, 7 failed by the product in " in text
    for each in ended.found:
        assert (f"behave {each.location}" in text) == (each.verdict == "product")


def test_one_that_cannot_be_made_is_the_suites_fault_and_hides_nothing(tmp_path: Path) -> None:
    def broken(_: object) -> dict[str, str]:
        raise ZeroDivisionError

    told, fault = Evidence(tmp_path, Figures()).write([scenario(1)], broken)
    assert told == scenario(1)
    assert (fault.verdict, fault.scenario) == ("suite", "the run summary")
    assert results.read(tmp_path) == [told, fault]


@pytest.mark.parametrize("verdict", ["product", "passed"])
def test_it_tells_of_a_page_that_could_not_be_made(verdict: str, tmp_path: Path) -> None:
    (tmp_path / "executions").mkdir()
    (tmp_path / "executions" / "1.json.gz").write_bytes(b"no record")
    Evidence(tmp_path, Figures()).write([scenario(1, verdict)], lambda _: {})
    assert "#### the report\n" in (tmp_path / FILE).read_text()
