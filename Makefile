# Countersign's commands. `make run` needs Python 3.11 or newer and nothing else.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' && echo $$name && break; done)
BIN := .venv/bin
LOCK := uv pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11 pyproject.toml
# Checks read the settings, which keep secrets and folders in a home: not in the one that holds real data.
SCRATCH_HOME := $(CURDIR)/.cache/home
# Each has servers of its own. One more than there are cores: tests of browsers and of faults wait more than they work.
TEST_PROCESSES ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 4 ? cores + 1 : 5)))

.PHONY: help run test chaos check audit sbom mutants lock bench clean install install-dev

help:
	@echo "make run    start Countersign (installs what it needs into .venv first)"
	@echo "make test   install what tests need, then every check and every test"
	@echo "make chaos  the faults that take longer to show (docs/faults.md); about half an hour"
	@echo "make check  linters, types, contracts, system checks"
	@echo "make audit  known vulnerabilities of what is locked (part of make check; needs a network)"
	@echo "make sbom   the software bill of materials (CycloneDX) of what users install, in dist/"
	@echo "make mutants  change the product a little, again and again: the tests have to notice"
	@echo "make lock   pin the dependencies of pyproject.toml with hashes (needs uv)"
	@echo "make bench  run the benchmarks"
	@echo "make clean  remove .venv and caches; never data"

run: install
	@exec $(BIN)/python manage.py up

install: .venv/pyvenv.cfg
	@tools/install_lock.sh requirements.lock

install-dev: .venv/pyvenv.cfg
	@tools/install_lock.sh requirements-dev.lock requirements.lock

.venv/pyvenv.cfg:
	@tools/make_venv.sh "$(PYTHON)"

test: install-dev
	@tools/install_test_services.sh
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -m "not chaos" --numprocesses $(TEST_PROCESSES) --dist worksteal $(PYTEST_ARGS)

chaos: install-dev
	@tools/install_test_services.sh
	$(BIN)/python -m pytest -m chaos $(PYTEST_ARGS)

check: install-dev
	@export COUNTERSIGN_HOME="$(SCRATCH_HOME)"
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_saves.py
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python tools/check_templates.py
	if [ -f tools/vendor.py ]; then $(BIN)/python tools/vendor.py --check; fi
	$(BIN)/python manage.py check
	DATABASE_URL=postgresql:///none $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/python tools/audit_dependencies.py

sbom: install
	@$(BIN)/python tools/sbom.py

mutants: install-dev
	@tools/install_test_services.sh
	missed=0
	$(BIN)/python tools/mutate_rules.py || missed=1
	$(BIN)/python tools/mutants.py || missed=1
	exit $$missed

audit: install-dev
	@$(BIN)/python tools/audit_dependencies.py --required

lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -o requirements-dev.lock

bench: install-dev
	@tools/install_test_services.sh
	missed=0
	for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" || missed=1; done
	exit $$missed

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
