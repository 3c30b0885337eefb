"""The core set: what every release is tried with, and which claims that leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from noetl_acceptance.conformance.feature_files import WrittenCase, WrittenScenario

CORE = "core"
"""The tag of the scenarios that every release is tried with."""

MOST_SCENARIOS = 15
"""How many of them, those with a fault not counted."""

MOST_EXECUTIONS = 4
"""How many executions these may share."""

FAULTS = 2
"""How many faults are among them, each with two scenarios."""

FEATURES = (
    *("credential_missing", "smoke", "parallel_http"),
    *("worker_faults", "slow_endpoint", "server_faults"),
)
"""The features of the core set, in the order in which fewest sandboxes are needed: what leaves
something at work comes late."""

PATTERN_FEATURES = ("smoke", "parallel_http")
"""Those of them that the documents' own pattern is tried with: all their answers are good."""

LEFT_OUT = {
    "the playbooks decide it, not the release": ("C06", "C13"),
    "it is about NoETL's command line, which has releases of its own": (
        *("C14", "C16", "C17", "C18", "C19", "C21", "C23", "C29", "C30", "C43"),
    ),
    "it needs a worker of its own for each setting": ("C38", "C39", "C40", "C41"),
    "it needs further executions, or minutes": (
        *("C15", "C26", "C28", "C32", "C33", "C36", "C42", "P13", "P14"),
    ),
    "an embedded sandbox is not isolated": ("P7",),
}
"""The claims that the core set does not prove, by the reason."""


def core_cases(written: Iterable[WrittenScenario]) -> list[tuple[WrittenScenario, WrittenCase]]:
    """Return the scenarios of the core set, or their cases, in the order of the features."""
    return [(each, case) for each in written for case in each.cases if CORE in case.tags]
