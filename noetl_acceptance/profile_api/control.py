"""The control endpoints of the mock profile API, for the suite alone, and the whole application."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from noetl_acceptance.profile_api import CONTROL_HEADER
from noetl_acceptance.profile_api.app import ProfileApi, Scenario
from noetl_acceptance.profile_api.rules import Rule
from noetl_acceptance.profile_api.sink import Sink

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """What the suite sets and reads, below ``/_control``.

    Args:
        api: what is steered.
        sink: the proxy beside it.
        token: what a request must say in ``CONTROL_HEADER``; empty for nothing. Who does not say
            it, a worker of NoETL's for instance, has made a stray call.
    """

    def __init__(self, api: ProfileApi, sink: Sink, token: str) -> None:
        self._api = api
        self._sink = sink
        self._token = token.encode()

    def routes(self) -> list[Route]:
        """Return the endpoints; that of the health asks for no token."""
        guarded, scenario = self._guarded, "/scenarios/{scenario}"
        return [
            Route("/health", _health),
            Route("/strays", guarded(self._strays)),
            Route("/attempts", guarded(self._attempts)),
            Route(scenario, guarded(self._put_scenario), methods=["PUT"]),
            Route(scenario, guarded(self._delete_scenario), methods=["DELETE"]),
            Route(f"{scenario}/journal", guarded(self._journal)),
            Route(f"{scenario}/counts", guarded(self._counts)),
            Route(f"{scenario}/hold", guarded(self._hold), methods=["PUT"]),
            Route(f"{scenario}/hold", guarded(self._release), methods=["DELETE"]),
        ]

    def _guarded(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            said = request.headers.get(CONTROL_HEADER, "").encode()
            if self._token and not secrets.compare_digest(said, self._token):
                return self._api.stray(request)
            try:
                return await handler(request)
            except ClientDisconnect:
                return Response(status_code=400)  # nobody reads it

        return answer

    async def _put_scenario(self, request: Request) -> Response:
        document = await request.json()
        try:
            rules = [Rule.from_json(rule) for rule in document.get("rules", [])]
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        scenario = self._api.scenarios.setdefault(request.path_params["scenario"], Scenario())
        scenario.rules = rules
        scenario.id_parameter = document.get("id_parameter", scenario.id_parameter)
        scenario.name_parameter = document.get("name_parameter", scenario.name_parameter)
        return JSONResponse({"rules": len(rules)})

    async def _delete_scenario(self, request: Request) -> Response:
        self._api.scenarios.pop(request.path_params["scenario"], None)
        return Response(status_code=204)

    async def _journal(self, request: Request) -> Response:
        since = int(request.query_params.get("since", "0"))
        scenario = self._api.scenarios.get(request.path_params["scenario"])
        if scenario is None:
            return JSONResponse({"error": "no such scenario"}, status_code=404)
        return JSONResponse([asdict(call) for call in scenario.journal.since(since)])

    async def _counts(self, request: Request) -> Response:
        scenario = self._api.scenarios.get(request.path_params["scenario"])
        if scenario is None:
            return JSONResponse({"error": "no such scenario"}, status_code=404)
        return JSONResponse(asdict(scenario.journal.counts()))

    async def _hold(self, request: Request) -> Response:
        document = await request.json()
        scenario = self._api.scenarios.get(request.path_params["scenario"])
        if scenario is None:
            return JSONResponse({"error": "no such scenario"}, status_code=404)
        scenario.held_from = int(document["from"])
        return JSONResponse({"from": scenario.held_from})

    async def _release(self, request: Request) -> Response:
        if scenario := self._api.scenarios.get(request.path_params["scenario"]):
            scenario.held_from = None
        return Response(status_code=204)

    async def _strays(self, _: Request) -> Response:
        return JSONResponse(self._api.strays)

    async def _attempts(self, _: Request) -> Response:
        return JSONResponse(self._sink.attempts)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def create_app(sink: Sink, token: str = "") -> Starlette:
    """Return the application: the API below ``/s``, the control below ``/_control``.

    Args:
        sink: the proxy beside it.
        token: as of ``Control``.
    """
    api = ProfileApi()

    async def stray(request: Request) -> Response:
        return api.stray(request)

    return Starlette(
        routes=[
            Mount("/s/{scenario}", app=api),
            Mount("/_control", routes=Control(api, sink, token).routes()),
            Route("/{rest:path}", stray, methods=METHODS),
        ]
    )
