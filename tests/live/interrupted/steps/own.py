"""Steps that interrupt the run while a scenario's own sandbox is taken down."""

from __future__ import annotations

import os
import signal
from typing import Any

from behave import step

from noetl_acceptance.model.request import Workers
from noetl_acceptance.sandbox.leftovers import left_by


@step("a sandbox of the scenario's own is up")
def own_sandbox_is_up(context: Any) -> None:
    context.own = context.session.sandbox(Workers(alone="this scenario")).sandbox
    assert left_by(f"{context.session.folder.run_id}-2")


@step("Ctrl-C comes twice while it is taken down")
def interrupted_in_take_down(context: Any) -> None:
    take_down = context.own._take_down

    def interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        take_down()

    context.own._take_down = interrupted
    context.session.settle()


@step("the run goes on as if nothing had come")
def run_goes_on(_context: Any) -> None:
    raise AssertionError("the step before must have ended the run")
