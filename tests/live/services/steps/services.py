"""The steps of the features, and some that break a service."""

from __future__ import annotations

from typing import Any

import httpx
import psutil
from behave import step

import steps.outcomes
import steps.playbooks
import steps.requests  # noqa: F401 - each brings its sentences
from noetl_acceptance.profile_api import CONTROL_HEADER
from noetl_acceptance.sandbox.remains import processes_of
from noetl_acceptance.support.polling import eventually


@step("the profile API is asked what it cannot read")
def own_api_raises(context: Any) -> None:
    sandbox = context.session.sandbox().sandbox
    url = f"{sandbox.endpoints.profile_api}/_control/scenarios/any"
    token = {CONTROL_HEADER: sandbox.endpoints.control_token}
    httpx.put(url, content=b"{", headers=token, trust_env=False)
    eventually(
        lambda: "".join(sandbox.log("profile-api")),
        lambda log: "JSONDecodeError: " in log,
        seconds=10,
        what="the traceback in the log",
    )


@step("a worker is killed")
def worker_is_killed(context: Any) -> None:
    worker = next(each for each in processes_of(context.session.folder.run_id) if is_worker(each))
    worker.kill()
    # Not waited for by its id: whoever does so takes the exit code from the sandbox.
    eventually(worker.status, psutil.STATUS_ZOMBIE.__eq__, seconds=10, what="its end")


def is_worker(process: psutil.Process) -> bool:
    return "noetl.worker" in process.cmdline()
