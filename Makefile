# Needs python3 (3.11 or newer) and git; everything else goes into .venv. Continuous integration runs `make check test test-slow`.
PYTHON ?= python3
BIN := .venv/bin
DEMO := build/demo

export NO_MKDOCS_2_WARNING := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow check format bench docs serve readme clean

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "armillary needs Python 3.11 or newer; say which with: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

# Stamps: installed once, and again when pyproject.toml changes.
.venv/run.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[plot,parquet,store,fetch]'
	$(BIN)/python -m compileall -q src/armillary # as pip does for what it copies; saves every command 0.1 s where Python may not write byte code
	@touch $@

.venv/dev.stamp: pyproject.toml | .venv/run.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[plot,parquet,store,fetch,dev]'
	@touch $@

setup: .venv/run.stamp .venv/dev.stamp ## Create .venv with everything in it

demo: .venv/run.stamp ## Position two stations A, B and A + B; assess a joint network with a fault of every kind
	@BIN=$(BIN) OUT=$(DEMO) bash examples/demo.sh

test: .venv/run.stamp .venv/dev.stamp ## Run the quick tests, with the real data if it is there
	$(BIN)/python -m pytest -q tests -m "not slow" -n auto --dist loadfile

test-slow: .venv/run.stamp .venv/dev.stamp ## Run the tests that take longer
	$(BIN)/python -m pytest -q tests -m slow -n auto --dist loadfile

check: .venv/run.stamp .venv/dev.stamp ## Format, lint, types, layers, doctests, spelling, docs: what continuous integration runs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q src
	$(BIN)/codespell src tests docs benchmarks changelog.d examples *.md
	$(BIN)/mkdocs build --strict --quiet

format: .venv/run.stamp .venv/dev.stamp ## Format the code and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/run.stamp .venv/dev.stamp ## Measure speed (benchmarks/README.md says beside what)
	$(BIN)/python -m pytest -q benchmarks --benchmark-only --benchmark-sort=name -o python_files='bench_*.py' -o testpaths=benchmarks

docs: .venv/run.stamp .venv/dev.stamp ## Build the documentation into site/
	$(BIN)/mkdocs build --strict

serve: .venv/run.stamp .venv/dev.stamp ## Show the documentation while you write it
	$(BIN)/mkdocs serve

readme: .venv/run.stamp ## Put what the demo prints and draws into README.md and the site (its report with a Chromium)
	@BIN=$(BIN) OUT=$(DEMO) bash examples/demo.sh 2>/dev/null | $(BIN)/python examples/refresh_readme.py $(DEMO)

clean: ## Remove .venv and everything built
	rm -rf .venv build dist site
