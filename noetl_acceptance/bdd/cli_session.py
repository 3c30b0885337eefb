"""One scenario at NoETL's command line: the commands it gives, and what stood before them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from noetl_acceptance.bdd.session import Session
from noetl_acceptance.checks.command_line import ends_the_loop
from noetl_acceptance.execution.second_look import RecordedExecution
from noetl_acceptance.model.command_record import CliCall, Given
from noetl_acceptance.noetl import direct_sql, documented_commands
from noetl_acceptance.support.polling import DeadlineError, eventually
from noetl_acceptance.support.ports import HOST, ReservedPorts
from noetl_acceptance.support.redaction import redacted_data
from noetl_acceptance.support.tcp_forward import TcpForward

LOOP_SECONDS = 5.0
"""How long the documents' waiting loop sleeps between two looks."""

Address = tuple[str, int]
"""Host and port."""

REGISTERS = "register "
CLEANS = "clean up"


class Terminal:
    """Where a scenario gives the documents' commands.

    ``given`` is the last of them, ``looks`` are those of the waiting loop.

    Args:
        session: of the run; the commands go to its own sandbox.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sandbox = session.sandbox()
        self._sandbox.cli.lay_out(session.pair)
        self._sandbox.cli.place(
            documented_commands.BROKEN.name, documented_commands.BROKEN.read_text(encoding="utf-8")
        )
        self.given: Given | None = None
        self.looks: list[CliCall] = []
        self._forward: TcpForward | None = None
        self._ports: ReservedPorts | None = None

    def at_noetl(self) -> Address:
        """Return the address of NoETL's API."""
        url = urlsplit(self._sandbox.sandbox.endpoints.noetl)
        return str(url.hostname), int(url.port or 80)

    def at_forward(self) -> Address:
        """Return the address of a plain TCP forward to NoETL's API, opened when asked for first."""
        if self._forward is None:
            self._forward = TcpForward(*self.at_noetl())
        return HOST, self._forward.port

    def at_nothing(self) -> Address:
        """Return an address where nothing listens, and nobody else can."""
        if self._ports is None:
            self._ports = ReservedPorts(1)
        return HOST, self._ports.numbers[0]

    def give(self, command: str, executions: Sequence[RecordedExecution], address: Address) -> None:
        """Give one of the documents' commands and note what came of it.

        Args:
            command: its name (``noetl/documents.py``).
            executions: those of the scenario; the command is about the first.
            address: for those commands that name one.
        """
        about = executions[0].record.execution_id if executions else None
        if command == CLEANS:
            self._session.forget(executions)
        connection = self._sandbox.connection
        before = direct_sql.footprint(connection)
        call = self._run(command, about, address)
        self.given = Given(
            call=call,
            before=before,
            after=direct_sql.footprint(connection),
            pair=self._session.pair,
            execution_id=about,
            rows=redacted_data(
                direct_sql.answer_to(connection, call.arguments), self._sandbox.secrets()
            ),
        )
        if command.startswith(REGISTERS):
            self._sandbox.forget_playbooks()

    def follow(self, execution_id: str, seconds: float) -> None:
        """Ask for an execution's status as the documents' waiting loop does, until that ends.

        That it did not end in time is for the check of what it was told.

        Args:
            execution_id: the execution's.
            seconds: the deadline.

        Raises:
            StarvedError: it did not end, on a machine too slow to tell whose fault that is.
        """
        self.looks = []  # if the execution is carried out again, only the last loop is judged

        def look() -> CliCall:
            self.looks.append(self._run("ask for the status", execution_id, self.at_noetl()))
            return self.looks[-1]

        with (
            suppress(DeadlineError),
            self._session.console.phase("asking for the status, again and again", seconds),
        ):
            eventually(
                look,
                ends_the_loop,
                seconds=seconds,
                what=f"the end of the waiting loop over execution {execution_id}",
                every=LOOP_SECONDS,
                pace=self._sandbox.pace,
                tell=lambda call: (call.out or call.err)[:80].strip(),
            )

    def _run(self, command: str, execution_id: str | None, address: Address) -> CliCall:
        host, port = address
        variables = {"NOETL_HOST": host, "NOETL_PORT": str(port)}
        if execution_id is not None:
            variables["EXECUTION_ID"] = execution_id
        edition = self._session.pair.edition
        return self._sandbox.cli.run(*documented_commands.arguments_of(command, variables, edition))

    def close(self) -> None:
        """Close what was opened for addresses; safe to call twice."""
        if self._forward is not None:
            self._forward.close()
        if self._ports is not None:
            self._ports.release()
