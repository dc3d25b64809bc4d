# Needs Python >= 3.11 and make. The first call makes .venv and fills it; the next ones start at once.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo run test faults check bench audit migrate words lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

demo: .venv/installed ## three phones in the browser, no token needed
	@$(BIN)/python -m bot demo $(ARGS)

run: .venv/installed ## serve for real, with the settings of .env
	@$(BIN)/python -m bot run

test: .venv/installed ## the whole suite
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 3 --dist worksteal

faults: .venv/installed ## kills, freezes, a full disk, a database away: the long versions and their figures
	@$(BIN)/python -m tests.faults

check: .venv/installed ## style, types, import contract, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m texts check

.bench/installed: pyproject.toml
	$(PYTHON) -m venv .bench
	.bench/bin/pip install --quiet '.[bench]'
	@touch $@

bench: .venv/installed .bench/installed ## what README claims about speed, measured here; ARGS=all for the long one too
	@$(BIN)/python -m benchmarks $(ARGS)

audit: .venv/installed ## known holes in the libraries; asks PyPI's advisories, so it needs the internet
	@test -x .audit/bin/pip-audit || { $(PYTHON) -m venv .audit && .audit/bin/pip install --quiet pip-audit; }
	@$(BIN)/pip freeze --exclude-editable >.audit/installed.txt && .audit/bin/pip-audit --strict --disable-pip --no-deps -r .audit/installed.txt

migrate: .venv/installed ## bring the database to the newest schema
	@$(BIN)/python -m bot migrate

words: .venv/installed ## collect new phrases into the catalogues of texts/
	@$(BIN)/python -m texts collect

lock: .venv/installed ## write uv.lock anew
	uv lock

clean: ## forget .venv, .bench and the demo's files
	rm -rf .venv .bench .demo
