"""Records real executions for tests/test_recorded.py: ``python -m tests.live.record``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from noetl_acceptance.generations.editions import edition_for
from noetl_acceptance.orchestration.behave_processes import behave_command
from noetl_acceptance.places import ROOT
from tests.mutants.defects import recorded_defects
from tests.mutants.making import make_pair

RECORDED = ROOT / "tests" / "recorded"


def record(name: str, pair: Path) -> None:
    """Run the smoke workload on a pair and keep its Run as ``tests/recorded/NAME.json.gz``."""
    with tempfile.TemporaryDirectory() as scratch:
        smoke = ("features/smoke.feature", "--tags=@C24", "-D", f"playbooks={pair}")
        command = behave_command("embedded", Path(scratch), *smoke)
        subprocess.run(command, cwd=ROOT, check=False)
        (run,) = Path(scratch).glob("*/executions/*.json.gz")
        RECORDED.mkdir(exist_ok=True)
        file = RECORDED / f"{name}.json.gz"
        file.write_bytes(run.read_bytes())
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1024} KiB")


def main(names: list[str]) -> None:
    """Record the healthy pair and each defective one, or only those that are named."""
    with tempfile.TemporaryDirectory() as scratch:
        pairs = {"healthy": edition_for("")}
        for defect in recorded_defects():
            pairs[defect.name] = make_pair(defect, Path(scratch))
        for name in names or pairs:
            record(name, pairs[name])


if __name__ == "__main__":
    main(sys.argv[1:])
