"""What the suite asks NATS to delete, as any client with NoETL's rights can."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from typing import Any

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.sandbox.control import BrokerPart

ANSWER_SECONDS = 5.0
"""How long NATS may take to answer."""

_REPLY = "acceptance.reply"


@dataclass(frozen=True, slots=True)
class JetStream:
    """NATS's store of messages, reached as a client.

    Args:
        host: where NATS listens for clients.
        port: likewise.
        user: who may delete.
        password: the user's.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def delete(self, part: BrokerPart) -> None:
        """Delete a stream, or a consumer of it.

        Raises:
            SandboxError: NATS cannot be reached, or refuses.
        """
        subject = f"STREAM.DELETE.{part.stream}"
        if part.consumer:
            subject = f"CONSUMER.DELETE.{part.stream}.{part.consumer}"
        try:
            answer = self._ask(f"$JS.API.{subject}")
        except (OSError, ValueError) as error:
            raise SandboxError(f"NATS did not delete {part.told}: {error}") from error
        if not answer.get("success"):
            why = answer.get("error", {}).get("description", "no reason told")
            raise SandboxError(f"NATS did not delete {part.told}: {why}")

    def _ask(self, subject: str) -> dict[str, Any]:
        """Return the answer to a request without a body, in NATS's own protocol of lines.

        Raises:
            OSError: NATS cannot be reached, or has ended the connection.
            ValueError: it refuses, or answers with something else.
        """
        address = (self.host, self.port)
        account = {"verbose": False, "pedantic": False, "user": self.user, "pass": self.password}
        with (
            socket.create_connection(address, timeout=ANSWER_SECONDS) as wire,
            wire.makefile("rb") as lines,
        ):
            lines.readline()  # what NATS tells of itself
            orders = (
                f"CONNECT {json.dumps(account)}",
                f"SUB {_REPLY} 1",
                f"PUB {subject} {_REPLY} 0",
            )
            wire.sendall("".join(f"{each}\r\n" for each in (*orders, "")).encode())
            while line := lines.readline():
                word, *fields = line.split()
                if word == b"MSG":
                    told: dict[str, Any] = json.loads(lines.read(int(fields[-1])))
                    return told
                if word == b"-ERR":
                    raise ValueError(line.decode("utf-8", "replace").strip())
                if word == b"PING":
                    wire.sendall(b"PONG\r\n")
        raise ConnectionResetError("NATS has ended the connection")
