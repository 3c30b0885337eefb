"""What is judged from the registered text of the playbooks, for steps that ran where it matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from noetl_acceptance.checks.check_names import check
from noetl_acceptance.checks.history import commands, steps_entered
from noetl_acceptance.checks.summary import as_number
from noetl_acceptance.model.findings import Finding
from noetl_acceptance.model.playbooks import PlaybookPair
from noetl_acceptance.model.record import ExecutionRecord
from noetl_acceptance.model.request import DEFAULT_CREDENTIAL
from noetl_acceptance.model.tools import kinds_of

PUBLIC_API = "https://httpbin.org/anything/traveler-profile"
"""The documents' default endpoint; the sandbox never reaches it."""


@check("documented-defaults")
def defaults_are(pair: PlaybookPair) -> list[Finding]:
    """The parent's own sizes, credential and address are those of the documents (C02, C15, C36)."""
    workload = pair.parent.document.get("workload") or {}
    wanted = {
        **pair.edition.workload.model_dump(),
        "pg_auth": DEFAULT_CREDENTIAL,
        "profile_api_url": PUBLIC_API,
    }
    if pair.worker_key is not None:
        wanted[pair.worker_key] = pair.edition.worker_path
    return [
        Finding("default", f"{name} defaults to {workload.get(name)!r}, not {value}")
        for name, value in wanted.items()
        if str(workload.get(name)) != str(value)
    ]


@check("parallel-http-loop")
def parallel_http_loop(record: ExecutionRecord, most: int) -> list[Finding]:
    """The worker's loop over http calls is parallel, at most ``most`` in flight (C05, C37).

    Judged is the loop that the pair names. Of a pair that names none, those that ran with as many
    commands as travelers were requested, so neither a loop that never runs nor a small one for
    something else counts; all that ran where none did.
    """
    ran = steps_entered(record, parent=False)
    own = record.pair.step_names.calls
    loops = {
        name: step["loop"].get("spec") or {}
        for name, step in record.pair.worker.steps().items()
        if name in ran
        and own in (None, name)
        and isinstance(step.get("loop"), Mapping)
        and "http" in kinds_of(step)
    }
    issued = Counter(command.step for command in commands(record))
    named = {call.traveler_id for call in record.outcome.calls} - {None}
    requested = len(named or record.outcome.calls)
    main = {name: spec for name, spec in loops.items() if issued[name] >= requested}
    found = []
    for name, spec in (main or loops).items():
        if spec.get("mode") != "parallel":
            found.append(Finding("not-parallel-loop", f"{name}: mode is {spec.get('mode')}"))
        if as_number(spec.get("max_in_flight")) != most:
            said = spec.get("max_in_flight")
            found.append(Finding("max-in-flight", f"{name}: max_in_flight is {said}, not {most}"))
    if not loops:
        found.append(Finding("no-parallel-loop", "no step that ran loops over kind: http"))
    return found
