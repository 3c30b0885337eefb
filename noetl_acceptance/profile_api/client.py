"""The control client of the mock profile API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx

from noetl_acceptance.errors import SandboxError
from noetl_acceptance.profile_api import CONTROL_HEADER
from noetl_acceptance.profile_api.journal import Call, Counts
from noetl_acceptance.profile_api.rules import Rule


class ProfileApi:
    """Steers one profile API and reads its journals.

    Args:
        url: of the API.
        token: what its control endpoints ask for; empty for nothing.

    Every method raises SandboxError when the API does not answer as it should.
    """

    def __init__(self, url: str, token: str = "") -> None:
        self._client = httpx.Client(
            base_url=f"{url}/_control",
            headers={CONTROL_HEADER: token} if token else {},
            timeout=10,
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def scenario(
        self,
        name: str,
        rules: Sequence[Rule] = (),
        *,
        id_parameter: str = "traveler_id",
        name_parameter: str = "traveler_name",
    ) -> None:
        """Set how a scenario's calls are answered and how they name their traveler."""
        body = {
            "rules": [rule.to_json() for rule in rules],
            "id_parameter": id_parameter,
            "name_parameter": name_parameter,
        }
        self._ask("PUT", f"/scenarios/{name}", json=body)

    def forget(self, name: str) -> None:
        """Forget a scenario, if there is one, and its journal."""
        self._ask_for("DELETE", f"/scenarios/{name}")

    def journal(self, name: str, since: int = 0) -> list[Call]:
        """Return the calls of a scenario after the one of that number (0: all)."""
        found = self._ask("GET", f"/scenarios/{name}/journal", params={"since": since})
        return [Call(**call) for call in found]

    def counts(self, name: str) -> Counts:
        """Return how many calls of a scenario there are, and how many are open."""
        return Counts(**self._ask("GET", f"/scenarios/{name}/counts"))

    def hold(self, name: str, number: int) -> None:
        """Have all answers of a scenario held back once so many calls have arrived."""
        self._ask("PUT", f"/scenarios/{name}/hold", json={"from": number})

    def release(self, name: str) -> None:
        """Have answers go out that are held back, if any are."""
        self._ask_for("DELETE", f"/scenarios/{name}/hold")

    def strays(self) -> list[str]:
        """Return the calls outside of every scenario, as ``METHOD /path``."""
        return [str(stray) for stray in self._ask("GET", "/strays")]

    def attempts(self) -> list[str]:
        """Return what the sink beside the API has refused, as ``METHOD HOST:PORT``."""
        return [str(attempt) for attempt in self._ask("GET", "/attempts")]

    def healthy(self) -> bool:
        """Whether the API answers."""
        try:
            return bool(self._ask("GET", "/health")["status"] == "ok")
        except SandboxError:
            return False

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        return self._ask_for(method, path, **more).json()

    def _ask_for(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._client.request(method, path, **more)
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise SandboxError(
                f"the profile API did not answer {method} {path}: {error or type(error).__name__}",
                "see logs/profile-api.log in the run's folder",
            ) from error
        return response
