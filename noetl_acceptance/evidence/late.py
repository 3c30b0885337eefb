"""Which scenarios run again before anybody is blamed: late ones, and where the clock was set."""

from __future__ import annotations

from noetl_acceptance.checks.slowness import TIMED
from noetl_acceptance.evidence.results import ScenarioResult
from noetl_acceptance.support.clocks import tells_step
from noetl_acceptance.support.polling import tells_missed_deadline, tells_starved
from noetl_acceptance.verdict.exit_codes import FAILED
from noetl_acceptance.verdict.weighing import tells_of_end


def is_late(result: ScenarioResult) -> bool:
    """Whether a scenario has failed by nothing but what another lane may have delayed.

    It missed a deadline, its services waited for the machine, or all findings of the check that
    failed hang on time. A service that ended is no delay.
    """
    if result.verdict not in FAILED or not result.location or tells_of_end(result.reason):
        return False
    if tells_missed_deadline(result.reason) or tells_starved(result.reason):
        return True
    lines = [line.strip() for line in result.reason.strip().splitlines()]
    found = next((n for n, line in enumerate(lines) if line.startswith("but:")), len(lines)) + 1
    kinds = {line.partition(":")[0] for line in lines[found:]}
    return bool(kinds) and kinds <= TIMED


def met_clock_step(result: ScenarioResult) -> bool:
    """Whether a scenario was not judged because the clock was set, or the machine slept."""
    return result.verdict == "skipped" and bool(result.location) and tells_step(result.reason)


def runs_again(result: ScenarioResult) -> bool:
    """Whether a scenario that ran in a lane runs again, alone, when the lanes have ended."""
    return is_late(result) or met_clock_step(result)
