# What a person types and what CI runs are the same commands. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO := demo-out
STUDIES := studies-out
DEMO_WORLDS ?= 400
TEST_WORKERS ?= 2
# Tests that also make sense without compilation, where coverage can see into the rules.
COVERED := tests/test_interpreted.py tests/uncompiled

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint coverage validate patterns bench odd calibration studies claims cases parsimony papers \
	docs site site-serve clean

help:  ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(READY)  ## make .venv with cisim and all tools (again only when pyproject.toml changes)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "cisim needs Python 3.11 or newer; name one with: make setup PYTHON=python3.12" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup  ## compare isolated with collective impact on infant mortality at equal budget (about a minute)
	rm -rf $(DEMO)
	$(BIN)/cisim compare infant-mortality --regimes isolated,collective --worlds $(DEMO_WORLDS) --budget equal \
		--output $(DEMO)
	@echo "results, figures and their origin: $(DEMO)/"

test: setup lint coverage  ## everything a change has to pass
	$(BIN)/cisim run null-separable --set months=12 --quiet > /dev/null  # compile once, not once per worker
	$(BIN)/pytest -q -n $(TEST_WORKERS) --dist loadfile --doctest-modules src/cisim tests

lint: setup  ## style, types, and which module may import which
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: setup  ## rules line by line, run as plain Python
	NUMBA_DISABLE_JIT=1 $(BIN)/pytest -q $(COVERED) --cov=cisim.rules --cov-fail-under=90

validate: setup  ## from nothing: every table and figure of the papers, then the slow statistics (an hour or two)
	rm -rf $(STUDIES)
	$(MAKE) papers patterns

patterns: setup  ## slow statistics: docking, limits, faults, a million runs; solutions of the lessons
	$(BIN)/pytest -q validation

bench: setup  ## speed against Mesa, AgentPy and C, and of studies, written to benchmarks/results.json
	$(BIN)/cisim bench --output benchmarks/results.json

odd: setup  ## write the tables of the model description from the code
	$(BIN)/cisim odd > docs/.odd-tables.md
	mv docs/.odd-tables.md docs/odd-tables.md

calibration: setup  ## calibrate, ship the calibrated set, check it by simulation: docs/calibration.md
	$(BIN)/python docs/make_calibration.py $(STUDIES)

studies: setup  ## run all shipped studies and write docs/study-results.md with their figures (minutes)
	$(BIN)/python docs/make_studies.py $(STUDIES)

claims: setup  ## audit the 204 statements and the negative controls: docs/claims.md
	$(BIN)/python docs/make_claims.py $(STUDIES)

cases: setup  ## the cases from life beside what happened: docs/cases.md
	$(BIN)/python docs/make_cases.py $(STUDIES)/cases

parsimony: setup  ## what outcomes depend on, and what could go: docs/parsimony.md
	$(BIN)/python docs/make_parsimony.py $(STUDIES)/parsimony

papers: setup  ## all of these in their order, and what other documents quote of them
	$(MAKE) odd calibration
	$(MAKE) claims cases parsimony studies demo
	$(BIN)/python docs/make_blocks.py
	$(BIN)/python docs/refresh.py

docs: papers

site: setup  ## build the documentation site in site/, with every link checked (seconds)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "open site/index.html"

site-serve: setup  ## show the documentation site while its pages are written
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve --no-strict

clean:  ## remove everything that can be made again
	rm -rf $(VENV) $(DEMO) $(STUDIES) site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
