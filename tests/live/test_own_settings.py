"""Settings of one's own change what NoETL does, are told, and hold for whoever attaches."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from noetl_acceptance.evidence import results, store
from noetl_acceptance.evidence.figures import read_figures
from noetl_acceptance.places import ROOT
from noetl_acceptance.support.redaction import MARK
from tests.live.test_keep import KINDS, run
from tests.live.test_secrets import left

SUITE = (sys.executable, "-m", "noetl_acceptance")
BROKER = ("features/credential_missing.feature", "--name=broker's password secret")
SINGLE = ("features/smoke.feature", "--name=a single traveler")
TOKEN = "made-up-and-not-to-be-told"  # noqa: S105 - made up


def suite(place: Path, *arguments: str) -> tuple[int, Path]:
    """Run features; return the exit code, and the folder of the run."""
    with (place / "console.log").open("w") as console:
        done = subprocess.run(
            [*SUITE, "run", *arguments, "-D", f"runs={place / 'runs'}", "-D", "time-scale=3"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return done.returncode, *place.glob("runs/*")  # type: ignore[return-value]


def own(place: Path, *lines: str) -> str:
    """Return the option that names a file of settings, made here."""
    file = place / "own.env"
    file.write_text("\n".join(lines))
    return f"noetl_settings={file}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_deviation_that_goes_differs_from_the_record(kind: str, tmp_path: Path) -> None:
    assert_gone(tmp_path, kind, "2.8.9", "the message broker's password is logged")


def test_a_deviation_of_the_last_python_runtime_goes(tmp_path: Path) -> None:
    deviation = "the message broker's password is logged by the server"
    assert_gone(tmp_path, "embedded", "4.26.0", deviation)


def assert_gone(tmp_path: Path, kind: str, noetl: str, deviation: str) -> None:
    """Run with a setting under which a release does not log the broker's password."""
    option = own(tmp_path, "LOG_LEVEL=WARNING", f"OUR_API_TOKEN={TOKEN}")
    options = ("-D", f"noetl={noetl}", "-D", f"sandbox={kind}", "-D", option)
    code, folder = suite(tmp_path, *BROKER, *options)
    told = "\n".join(text for _, text in left(tmp_path))
    assert code == 0, told
    (result,) = results.read(folder)
    assert (result.verdict, result.deviations) == ("passed", ())
    (differs,) = result.differs
    assert differs == f"{deviation} did not show secret-leaked"
    console = (tmp_path / "console.log").read_text()
    assert f"settings LOG_LEVEL=WARNING OUR_API_TOKEN={MARK}" in console
    assert f"differs from the record: {differs}" in console
    assert TOKEN not in told
    settings = {"LOG_LEVEL": "WARNING", "OUR_API_TOKEN": MARK}
    assert read_figures(folder).settings == settings
    records = store.read_executions(folder).values()
    assert records
    assert all(record.settings == settings for record in records)
    assert run(*SUITE, "judge", str(folder)).returncode == 0
    refused = run(*SUITE, "results", str(folder))
    assert (refused.returncode, "-D noetl_settings" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("noetl", "line"),
    [
        ("2.8.9", "NOETL_LOOP_RESULT_MAX_BYTES=100"),
        ("rust", "NOETL_EVENT_RESULT_CONTEXT_MAX_BYTES=200"),
    ],
)
def test_a_setting_that_breaks_a_promise_is_the_products_failure(
    noetl: str, line: str, tmp_path: Path
) -> None:
    options = ("-D", "sandbox=embedded", "-D", f"noetl={noetl}")
    code, folder = suite(tmp_path, *SINGLE, *options, "-D", own(tmp_path, line))
    assert code == 1, (tmp_path / "console.log").read_text()
    assert [each.verdict for each in results.read(folder)] == ["product"]


def test_a_kept_sandbox_keeps_them(tmp_path: Path) -> None:
    option = own(tmp_path, "LOG_LEVEL=WARNING")
    runs = ("-D", f"runs={tmp_path / 'up'}")
    up = run(*SUITE, "up", "-D", "sandbox=embedded", "-D", option, *runs)
    assert up.returncode == 0, up.stderr
    assert "settings LOG_LEVEL=WARNING" in up.stdout
    sandbox_id = next((tmp_path / "up").iterdir()).name
    try:
        attach = ("-D", "sandbox=attach", "-D", f"attach={sandbox_id}")
        other = tmp_path / "other"
        other.mkdir()
        refused = run(*SUITE, "run", *SINGLE, *attach, "-D", own(other, "LOG_LEVEL=ERROR"))
        assert (refused.returncode, "other settings than" in refused.stderr) == (2, True)
        code, folder = suite(tmp_path, *SINGLE, *attach)
        assert code == 0, (tmp_path / "console.log").read_text()
        assert read_figures(folder).settings == {"LOG_LEVEL": "WARNING"}
    finally:
        run(*SUITE, "down", sandbox_id)
