"""The suite's own hooks, for features that break their sandbox's services."""

from __future__ import annotations

import runpy

from noetl_acceptance.places import ROOT

REAL = runpy.run_path(str(ROOT / "environment.py"))

before_all = REAL["before_all"]
before_scenario = REAL["before_scenario"]
before_step = REAL["before_step"]
after_step = REAL["after_step"]
after_scenario = REAL["after_scenario"]
after_feature = REAL["after_feature"]
