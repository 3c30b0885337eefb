"""One compose project: the commands of docker compose, through testcontainers."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path

from testcontainers.compose import DockerCompose

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.places import ROOT
from noetl_acceptance.sandbox import subprocesses
from noetl_acceptance.sandbox.containers.engine import environment
from noetl_acceptance.sandbox.leftovers import PREFIX
from noetl_acceptance.sandbox.remains import RUN_VARIABLE
from noetl_acceptance.support.redaction import redacted

COMPOSE_FILE = ROOT / "compose" / "compose.yaml"
OPEN_FILE = ROOT / "compose" / "open.yaml"

COMMAND_SECONDS = 300.0
"""How long one of compose's commands may take, on a machine that is busy."""


class Project(DockerCompose):
    """A compose project under a name of its own, whose commands a Ctrl-C does not reach.

    Args:
        run_id: of the sandbox; its sweep finds the commands by it.
        variables: the file with the variables of the compose file.
        engine: the address of the Docker engine.
        isolated: whether the services are kept from what is outside.
        secrets: what stands in no error, whatever compose prints.
        further: files that go on where the compose file ends.
    """

    def __init__(
        self,
        run_id: str,
        variables: Path,
        engine: str,
        *,
        isolated: bool,
        secrets: Collection[str],
        further: Sequence[Path] = (),
    ) -> None:
        files = [*(COMPOSE_FILE, OPEN_FILE)[: 2 - isolated], *further]
        super().__init__(
            context=str(COMPOSE_FILE.parent),
            compose_file_name=[str(file) for file in files],
            wait=False,
            env_file=str(variables),
        )
        self.run_id = run_id
        self._engine = engine
        self._secrets = secrets
        self.project = f"{PREFIX}{run_id}"

    @property
    def compose_command_property(self) -> list[str]:
        """The command with its files, and the project's name."""
        return [*super().compose_command_property, "--project-name", self.project]

    def start_only(self, *services: str) -> None:
        """Start some services, and none that they depend on.

        Raises:
            SandboxError: one cannot be started.
        """
        more = ["up", "--detach", "--no-deps", *services]
        self._run_command([*self.compose_command_property, *more])

    def start_outside(self) -> None:
        """Start the server that is outside of the sandbox.

        Raises:
            SandboxError: it cannot be started.
        """
        more = ["up", "--detach", "--no-deps", "--scale", "outside=1", "outside"]
        self._run_command([*self.compose_command_property, *more])

    def create_workers(self, count: int) -> None:
        """Have so many workers in all; neither the new ones nor those that have ended are started.

        Raises:
            SandboxError: they cannot be made.
        """
        more = ["up", "--no-start", "--no-deps", "--no-recreate", "--scale", f"worker={count}"]
        self._run_command([*self.compose_command_property, *more, "worker"])

    def _run_command(
        self, cmd: str | list[str], context: str | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        command = [cmd] if isinstance(cmd, str) else cmd
        done = subprocesses.run_in_time(
            command,
            what=f"docker compose {' '.join(command[-2:])}",
            remedy="try again when the machine and its Docker engine are less busy",
            seconds=COMMAND_SECONDS,
            environment={**environment(self._engine), RUN_VARIABLE: self.run_id},
            folder=context or str(COMPOSE_FILE.parent),
        )
        if done.returncode != 0:
            raise SandboxError(
                f"docker compose {' '.join(command[-2:])} failed",
                "its last lines are below",
                redacted("\n".join(done.stderr.splitlines()[-20:]), self._secrets),
            )
        return subprocess.CompletedProcess(command, 0, done.stdout.encode(), done.stderr.encode())
