"""Takes the pictures of the page in docs/ anew: ``python -m tests.browser.screenshots``.

They are of a real run: the smoke feature on the pair that loses a row.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from noetl_acceptance.evidence.report import FILE
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT
from tests.browser.chromium import chromium
from tests.mutants.defects import named
from tests.mutants.making import make_pair

OVERLAP = "40 travelers, 2 batches of 20"
"""The execution whose calls overlap the most, by its sizes."""


def main() -> None:
    """Run the feature, and take the top of its page and one execution."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (defect,) = named(["drops-one-row"])
        pair = make_pair(defect, folder)
        command = behave_command(
            "embedded", folder / "runs", "-D", "lanes=1", "features/smoke.feature"
        )
        subprocess.run([*command, "-D", f"playbooks={pair}"], cwd=ROOT, check=False)
        (report,) = (folder / "runs").glob(f"*/{FILE}")
        profile = folder / "profile"
        profile.mkdir()
        with chromium(profile) as page:
            page.open(report, width=1000)
            page.screenshot(ROOT / "docs" / "report-failure.png", height=1000)
            page.open(report, width=1000, scheme="dark")
            page.evaluate(
                "[...document.querySelectorAll('.execution')].filter((each) =>"
                f" each.querySelector('.title').textContent === '{OVERLAP}')"
                ".forEach((each) => { each.open = true; each.classList.add('shown'); })"
            )
            page.screenshot(ROOT / "docs" / "report-execution.png", selector=".shown", height=600)


if __name__ == "__main__":
    main()
