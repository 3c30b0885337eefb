"""NoETL's HTTP API, as far as the features use it."""

from __future__ import annotations

import json
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


class StrangeAnswerError(RefusedError):
    """The answer is none of NoETL's: no JSON, or without what it is asked for."""


class NoAnswerError(SandboxError):
    """NoETL's server did not answer at all; whose failure that is, its state tells."""


class UnavailableError(NoAnswerError):
    """The answer says that who is asked, or whom that one asks, is out of reach: 502, 503, 504."""


UNAVAILABLE = (502, 503, 504)


class NoetlApi:
    """A client of one NoETL server.

    Args:
        url: of the server.
        secrets: what stands in no error, whatever the server answers.

    Every method raises NoAnswerError when the server cannot be reached, RefusedError when it
    answers with an error, and StrangeAnswerError when the answer cannot be read.
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
        answer = self._told("POST", "/api/catalog/register", body)
        try:
            return int(answer["version"])
        except (LookupError, TypeError, ValueError) as error:
            raise StrangeAnswerError(
                f"the answer to register names no version: {answer}"
            ) from error

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
        return self._told("POST", "/api/execute", {"path": path, "payload": dict(payload)})

    def cancel(self, execution_id: str) -> dict[str, Any]:
        """Cancel an execution and the executions that it has started; return the answer."""
        body = {"reason": "the acceptance suite cancels it", "cascade": True}
        return self._told("POST", f"/api/executions/{execution_id}/cancel", body)

    def status(self, execution_id: str) -> Status:
        """Return what the status endpoint says about an execution.

        Raises:
            NotJudgedError: it says so in no known generation's words.
        """
        return read_status(self._told("GET", f"/api/executions/{execution_id}/status"))

    def _told(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask, and return an answer that must be an object of JSON."""
        answer = self._ask(method, path, body).text
        try:
            document = json.loads(answer)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            start = redacted(answer, self._secrets)[:200]
            raise StrangeAnswerError(f"{method} {path} was answered with no object: {start}")
        return document

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise NoAnswerError(
                f"NoETL's API did not answer {method} {path}: {error or type(error).__name__}",
                "see logs/server.log in the run's folder",
            ) from error
        if response.is_error:
            answer = redacted(response.text, self._secrets)[:500]
            refused = f"{method} {path} was refused: {response.status_code} {answer}"
            if response.status_code in UNAVAILABLE:
                raise UnavailableError(refused, "see logs/server.log in the run's folder")
            raise RefusedError(refused)
        return response


def execution_id_in(answer: Mapping[str, Any]) -> str:
    """Return the execution id that the answer to ``execute`` names.

    Raises:
        StrangeAnswerError: it names none.
    """
    execution_id = answer.get("execution_id")
    if not isinstance(execution_id, str) or not execution_id.isdecimal():
        raise StrangeAnswerError(f"the answer to execute names no execution id: {answer}")
    return execution_id


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=30, trust_env=False, verify=verification(url))
