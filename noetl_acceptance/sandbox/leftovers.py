"""What a run has left on the machine, if anything."""

from __future__ import annotations

import subprocess

from noetl_acceptance.sandbox.containers.engine import compose_problem
from noetl_acceptance.sandbox.remains import of_run, processes_of
from noetl_acceptance.sandbox.user_environment import of_docker

PREFIX = "noetl-acceptance-"
"""A compose project's name is this and the sandbox's id."""

RUN_LABEL = "noetl-acceptance.run"
"""Every container, network and volume of a sandbox carries its sandbox's id in this label."""


def left_by(run_id: str) -> list[str]:
    """Return the processes, containers, networks and volumes of a run's sandboxes."""
    found = [f"process {process.pid}" for process in processes_of(run_id)]
    if compose_problem() is not None:
        return found
    for kind, command in (
        ("container", ["ps", "--all"]),
        ("network", ["network", "ls"]),
        ("volume", ["volume", "ls"]),
    ):
        asked = subprocess.run(
            ["docker", *command, "--format", f'{{{{.Label "{RUN_LABEL}"}}}}'],
            capture_output=True,
            text=True,
            check=True,
            env=of_docker(),
        )
        found += [f"{kind} of {name}" for name in asked.stdout.split() if of_run(name, run_id)]
    return found
