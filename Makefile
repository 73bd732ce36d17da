# `make run` shows the real history; `make test` proves the rest. Both set up what they need.

PYTHON ?= python3
LEDGER_LOG ?= sqlite:///ledger.db
export LEDGER_LOG

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
HISTORY := examples/history
QUICK := book client examples history proof schemas
# One more than processors: tests with a broker wait for much of their time.
PARALLEL := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist loadfile --no-loadscope-reorder
PORT ?= 9092
NODES ?= 1

.DEFAULT_GOAL := help
.PHONY: help run test check style bench siege kafka contracts lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/$(if $(filter kafka:%,$(LEDGER_LOG)),kafka,run) ## Publish the real history into LEDGER_LOG by its mapping, show it, and serve its page
	@$(BIN)/ledger demo --check  # a ledger of somebody's own is left alone
	@$(BIN)/ledger publish --mapping $(HISTORY)/mapping.toml $(HISTORY)/claims.jsonl
	@$(BIN)/ledger publish $(HISTORY)/documents.ndjson
	@$(BIN)/ledger tallies
	@$(BIN)/ledger rounds
	@echo; echo "Next: . .venv/bin/activate, then: ledger explain IL-HAMAS-2023-11 captives.nationals"
	@if [ -t 1 ]; then $(BIN)/ledger serve; else echo "and: ledger serve"; fi  # a script is not kept waiting

test: .venv/dev style ## Check style and types, then run every test
	$(BIN)/pytest $(PARALLEL) $(PYTEST)

check: .venv/dev style ## The same in three minutes: without the tests that take a broker, a browser or processes
	$(BIN)/pytest $(PARALLEL) $(addprefix tests/,$(QUICK)) tests/test_*.py $(PYTEST)

style: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/bench ## Measure against the peers, in one run: a quarter of an hour
	$(BIN)/python -m benchmarks

siege: .venv/dev ## Publish a million events while everything is killed, filled up and broken; SIEGE="--log kafka --events N"
	$(BIN)/python -m tests.siege $(SIEGE)

kafka: .venv/kafka ## Run a real Kafka until Ctrl-C; needs Java 17 and Maven; NODES=3 for three nodes
	@$(BIN)/python -m broker --nodes $(NODES) --port $(PORT)

contracts: .venv/dev ## Write the JSON Schemas, AsyncAPI, OpenAPI and the event reference anew from the models
	$(BIN)/python -m ledger.api
	$(BIN)/python -m schemas.contracts

lock: .venv/dev ## Pin every dependency by hash
	$(BIN)/python -m pip install --quiet pip-tools
	requirements/compile

clean: ## Remove what `make` made, but for the data of `make kafka`
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .kafka/libs-* .kafka/classes-* .kafka/quix-* .kafka/registry-*

.venv/run: requirements/run.lock pyproject.toml
	@echo "Setting up: a minute the first time ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; try: make $(MAKECMDGOALS) PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements/run.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/kafka: .venv/run requirements/kafka.lock
	@$(INSTALL) -r requirements/kafka.lock
	@touch $@

.venv/bench: .venv/dev requirements/bench.lock
	@$(INSTALL) -r requirements/bench.lock
	@touch $@

.venv/dev: .venv/run requirements/dev.lock
	@$(INSTALL) -r requirements/dev.lock
	@touch $@
