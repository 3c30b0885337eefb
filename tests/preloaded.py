"""What forked commands have loaded and read already; see ``tests.warm``."""

from __future__ import annotations

import behave.formatter.plain
import behave.formatter.pretty
import behave.formatter.progress
import behave.reporter.summary  # noqa: F401

import noetl_acceptance.__main__
import noetl_acceptance.bdd.cli_session
import noetl_acceptance.bdd.entry
import noetl_acceptance.bdd.late_failure
import noetl_acceptance.bdd.runner
import noetl_acceptance.evidence.rejudge
import noetl_acceptance.support.tcp_forward  # noqa: F401
from noetl_acceptance.evidence import report
from noetl_acceptance.verdict.claims import load_contract
from noetl_acceptance.verdict.known_deviations import load_deviations
from tests.properties.used import checks_used

load_contract()
load_deviations()
checks_used()
for template in report._environment().list_templates():
    report._environment().get_template(template)
