"""What a run has left on the machine, if anything."""

from __future__ import annotations

import subprocess

from noetl_acceptance.sandbox.engine import compose_problem
from noetl_acceptance.sandbox.sweep import processes_of

RUN_LABEL = "noetl-acceptance.run"
"""Every container, network and volume of a sandbox carries its run's id in this label."""


def left_by(run_id: str) -> list[str]:
    """Return the processes, containers, networks and volumes that carry a run's id."""
    found = [f"process {process.pid}" for process in processes_of(run_id)]
    if compose_problem() is not None:
        return found
    for kind, command in (
        ("container", ["ps", "--all", "--quiet"]),
        ("network", ["network", "ls", "--quiet"]),
        ("volume", ["volume", "ls", "--quiet"]),
    ):
        asked = subprocess.run(
            ["docker", *command, "--filter", f"label={RUN_LABEL}={run_id}"],
            capture_output=True,
            text=True,
            check=True,
        )
        found += [f"{kind} {name}" for name in asked.stdout.split()]
    return found
