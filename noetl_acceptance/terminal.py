"""One scenario at NoETL's command line: the commands it gives, and what stood before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from noetl_acceptance.checks.command_line import ends_the_loop
from noetl_acceptance.noetl import direct, documents
from noetl_acceptance.noetl.records import CliCall, Footprint
from noetl_acceptance.sandbox.forward import TcpForward
from noetl_acceptance.sandbox.ports import HOST, ReservedPorts
from noetl_acceptance.session import Recorded, Session
from noetl_acceptance.waiting import eventually

LOOP_SECONDS = 5.0
"""How long the documents' waiting loop sleeps between two looks."""

REGISTERS = "register "
CLEANS = "clean up"


class Terminal:
    """Where a scenario gives the documents' commands.

    ``before`` is how things stood before the first of them.

    Args:
        session: of the run; the commands go to its own sandbox.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stage = session.stage
        self._stage.cli.lay_out(session.pair)
        self._stage.cli.place(documents.BROKEN.name, documents.BROKEN.read_text())
        self.calls: list[CliCall] = []
        self.before: Footprint | None = None
        self._forward: TcpForward | None = None
        self._ports: ReservedPorts | None = None
        self.use_own_address()

    def use_own_address(self) -> None:
        """Have the next commands name the address of NoETL's API."""
        url = urlsplit(self._stage.sandbox.endpoints.noetl)
        self._address = (str(url.hostname), int(url.port or 80))

    def use_forward(self) -> None:
        """Have the next commands name the address of a plain TCP forward to NoETL's API."""
        self._forward = TcpForward(*self._address)
        self._address = (HOST, self._forward.port)

    def use_silent_address(self) -> None:
        """Have the next commands name an address where nothing listens."""
        self._ports = ReservedPorts(1)  # bound, so that nobody else listens there meanwhile
        self._address = (HOST, self._ports.numbers[0])

    def footprint(self) -> Footprint:
        """Return the catalog, the executions and the rows as they stand."""
        return direct.footprint(self._stage.connection)

    def give(self, command: str, executions: Sequence[Recorded]) -> None:
        """Give one of the documents' commands.

        Args:
            command: its name (``noetl/documents.py``).
            executions: those of the scenario; the command is about the first.
        """
        host, port = self._address
        variables = {"NOETL_HOST": host, "NOETL_PORT": str(port)}
        if executions:
            variables["EXECUTION_ID"] = executions[0].run.execution_id
        if command == CLEANS:
            self._session.forget(executions)
        self.before = self.before or self.footprint()
        self.calls.append(self._stage.cli.run(*documents.arguments_of(command, variables)))
        if command.startswith(REGISTERS):
            self._stage.forget_playbooks()

    def rows(self) -> list[dict[str, Any]]:
        """Return what the database itself answers to the SQL of the last command."""
        arguments = self.calls[-1].arguments
        query = arguments[arguments.index("query") + 1]
        schema = arguments[arguments.index("--schema") + 1]
        return direct.select(self._stage.connection, query, schema)

    def follow(self, execution_id: str, seconds: float) -> None:
        """Ask for an execution's status as the documents' waiting loop does, until that ends.

        Args:
            execution_id: the execution's.
            seconds: the deadline.

        Raises:
            DeadlineError: the loop did not end.
        """
        host, port = self._address
        variables = {"NOETL_HOST": host, "NOETL_PORT": str(port), "EXECUTION_ID": execution_id}

        def look() -> CliCall:
            self.calls.append(
                self._stage.cli.run(*documents.arguments_of("ask for the status", variables))
            )
            return self.calls[-1]

        eventually(
            look,
            ends_the_loop,
            seconds=seconds,
            what=f"the end of the waiting loop over execution {execution_id}",
            every=LOOP_SECONDS,
            tell=lambda call: (call.out or call.err)[:80].strip(),
        )

    def close(self) -> None:
        """Close what was opened for an address; safe to call twice."""
        if self._forward is not None:
            self._forward.close()
        if self._ports is not None:
            self._ports.release()
