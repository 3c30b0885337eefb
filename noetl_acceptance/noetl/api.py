"""NoETL's HTTP API, as far as the features use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.generations.log_dialect import Status
from noetl_acceptance.generations.logs import read_status
from noetl_acceptance.support.plain_http import verification
from noetl_acceptance.support.redaction import redacted


class RefusedError(AssertionError):
    """NoETL refused a request that the documents promise to accept."""


class NoAnswerError(SandboxError):
    """NoETL's server did not answer at all; whose failure that is, its state tells."""


class NoetlApi:
    """A client of one NoETL server.

    Args:
        url: of the server.
        secrets: what stands in no error, whatever the server answers.

    Every method raises NoAnswerError when the server cannot be reached, and RefusedError when it
    answers with an error.
    """

    def __init__(self, url: str, secrets: Sequence[str] = ()) -> None:
        self._secrets = secrets
        self._client = _client(url)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def move_to(self, url: str) -> None:
        """Go on at the address that a server has after it was started again."""
        self._client.close()
        self._client = _client(url)

    def register_playbook(self, text: str) -> int:
        """Register a playbook's text and return the version it got in the catalog."""
        body = {"content": text, "resource_type": "Playbook"}
        return int(self._ask("POST", "/api/catalog/register", body)["version"])

    def put_credential(self, name: str, data: Mapping[str, str]) -> None:
        """Create or replace the ``postgres`` credential of that name."""
        body = {"name": name, "type": "postgres", "data": dict(data)}
        self._ask("POST", "/api/credentials", body)

    def delete_credential(self, name: str) -> None:
        """Forget the credential of that name, if there is one."""
        with suppress(RefusedError):  # it is not there
            self._ask("DELETE", f"/api/credentials/{name}")

    def execute(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Start an execution of the catalog's newest playbook at that path; return the answer."""
        answer = self._ask("POST", "/api/execute", {"path": path, "payload": dict(payload)})
        return dict(answer)

    def cancel(self, execution_id: str) -> dict[str, Any]:
        """Cancel an execution and the executions that it has started; return the answer."""
        body = {"reason": "the acceptance suite cancels it", "cascade": True}
        return dict(self._ask("POST", f"/api/executions/{execution_id}/cancel", body))

    def status(self, execution_id: str) -> Status:
        """Return what the status endpoint says about an execution.

        Raises:
            NotJudgedError: it says so in no known generation's words.
        """
        return read_status(self._ask("GET", f"/api/executions/{execution_id}/status"))

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise NoAnswerError(
                f"NoETL's API did not answer {method} {path}: {error or type(error).__name__}",
                "see logs/server.log in the run's folder",
            ) from error
        if response.is_error:
            answer = redacted(response.text, self._secrets)[:500]
            raise RefusedError(f"{method} {path} was refused: {response.status_code} {answer}")
        return response.json()


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30, trust_env=False, verify=verification(url))
