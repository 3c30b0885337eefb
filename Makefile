# Every target is a name for commands that work by hand as well, from this folder.
# SANDBOX=compose,embedded makes `acceptance` (and `test`) run on these, and fail where one cannot;
# `repeat` runs on both without it. FAULTS=quick leaves out of `acceptance` the faults that are not quick.

SIDE_BY_SIDE = --numprocesses logical --maxprocesses 8 --dist worksteal
FEW_FAULTS = -- --tags="not @wip" --tags="not @scale" --tags="not @fault or @quick"
# Each start of Python compiles all modules anew where byte code is not kept: a quarter of a dry run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help env smoke test lint format types unit acceptance live starved mutants browser engine python repeat bench pages lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

env: ## .venv, the suite's environment, made or brought up to date
	@scripts/bootstrap.sh

smoke: env ## the main job: the smoke feature against a real NoETL
	.venv/bin/behave features/smoke.feature

test: lint types unit acceptance ## linters, types, unit tests, the features on every sandbox there is

lint: env ## generated pages, Python and its imports, features, steps, links, pipelines: errors and format
	.venv/bin/noetl-acceptance pages --check
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/behave-format --check features
	.venv/bin/behave-lint --no-cache --group correctness,security features
	scripts/steps.sh
	.venv/bin/rumdl check --quiet --no-cache .
	.venv/bin/check-jsonschema --check-metaschema schemas/*.json
	.venv/bin/check-jsonschema --schemafile schemas/deviations.schema.json deviations/deviations.yaml
	.venv/bin/noetl-acceptance conformance --check
	.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*-*.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	.venv/bin/check-jsonschema --builtin-schema vendor.renovate .github/renovate.json
	.venv/bin/check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci .gitlab-ci.yml
	scripts/component.sh
	.venv/bin/zizmor --offline --no-progress --quiet --persona auditor .github
	.venv/bin/pre-commit validate-config

format: env ## put Python and feature files into the format that lint asks for
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	.venv/bin/behave-format features

types: env ## mypy, strict
	.venv/bin/mypy

# Only whole runs over fakes are measured for coverage: measuring makes every test slower.
unit: env ## the library's own tests, side by side, and the coverage of whole runs: no Docker, no network
	.venv/bin/python -m pytest $(SIDE_BY_SIDE) --ignore-glob 'tests/test_session*.py'
	.venv/bin/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report term tests/test_session*.py

acceptance: env ## the features on every sandbox that this machine can run
	.venv/bin/noetl-acceptance acceptance $(if $(SANDBOX),--sandbox $(SANDBOX)) $(if $(filter quick,$(FAULTS)),$(FEW_FAULTS))

live: env ## real runs: a defect turns red, other pairs pass, an ended run leaves nothing; ONE=1: on one sandbox, PART=3: a third
	.venv/bin/python -m pytest tests/live -q $(if $(ONE),--one-sandbox) $(if $(PART),--part-of $(PART))

starved: env ## NoETL without the processors it needs: blamed only if it took them; wants the machine to itself
	.venv/bin/python -m pytest tests/starved -q

mutants: env ## what catches each seeded defect, into docs/mutants.md, for NOETL=rust mutants-rust.md; ONLY=NAME, QUICK=1 few, LANES=N
	.venv/bin/python -m tests.mutants $(if $(QUICK),--quick) $(if $(NOETL),--noetl $(NOETL)) $(if $(LANES),--lanes $(LANES)) $(ONLY)

browser: env ## the report, opened in a real Chromium; scripts/browser.sh installs Debian's
	.venv/bin/python -m pytest tests/browser -q

engine: ## on Debian, as root: install a Docker engine, compose and buildx, and start it
	scripts/engine.sh

python: ## on Debian or Ubuntu with an old Python: make one for NoETL in .work/python, no root
	scripts/python.sh

repeat: env ## @quick N times (20), in random order and beside a busy processor; see SANDBOX
	.venv/bin/noetl-acceptance repeat --times $(or $(N),20) --random --load 1 \
	  $(if $(SANDBOX),--sandbox $(SANDBOX)) -- --tags=@quick

bench: env ## the figures in docs/performance.md
	.venv/bin/noetl-acceptance bench

pages: env ## the generated pages below docs/, and schemas/, made anew from their sources
	.venv/bin/noetl-acceptance pages --write

lock: env ## renew requirements/*.txt from *.in; UPGRADE=1 takes the newest releases
	scripts/lock.sh

clean: ## take down what is up; remove .venv, .work, runs and caches
	[ ! -x .venv/bin/noetl-acceptance ] || .venv/bin/noetl-acceptance down --all
	rm -rf .venv .work runs reports rerun.txt .mypy_cache .pytest_cache .ruff_cache .hypothesis
