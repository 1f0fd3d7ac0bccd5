# The manual: `make` lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help doctor setup run quick test test-all faults clients mutants check schemas release-contracts bench audit up down topics kafka lock clean

# The first Python on the PATH that is new enough; without one, python3, and `doctor` says what is wrong.
PYTHON ?= $(shell for it in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$it -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$it; exit; }; done; echo python3)
VENV := .venv
READY := $(VENV)/.ready
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
MUTMUT := mutmut==3.8.1
SERVICES := episodes notifications
DISTRIBUTIONS := contracts services/platform services/episodes services/notifications
TYPED := $(DISTRIBUTIONS:=/src) demo deploy tests $(wildcard bench)

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

doctor: ## Name what this machine lacks, with the remedy
	@$(PYTHON) deploy/laptop/doctor.py

setup: $(READY) ## Make .venv from requirements.lock (nothing to do while that is unchanged)

$(READY): requirements.lock $(DISTRIBUTIONS:=/pyproject.toml)
	@echo "setup: making $(VENV), about a minute the first time"
	@rm -f $@
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes --only-binary :all: --requirement requirements.lock
	@$(PIP) --no-deps --no-build-isolation $(DISTRIBUTIONS:%=--editable %)
	@touch $@

run: ## Everything on this machine, walking one case (CASE=name or ./path.json or none; AGAIN=1: new client)
	@$(PYTHON) deploy/laptop/doctor.py run
	@$(MAKE) --silent setup
	@PYTHONPATH=deploy:. exec $(VENV)/bin/python -m laptop

test: ## All tests, on real PostgreSQL and Kafka (ARGS="-k consent" goes to pytest)
	@$(PYTHON) deploy/laptop/doctor.py test
	@$(MAKE) --silent setup
	@$(VENV)/bin/python -m tests $(ARGS)

test-all: ## The same with full rounds of kills, all seeds and all examples, for CI and releases
	@CARE_TEST=all $(MAKE) --silent test ARGS='$(ARGS)'

quick: $(READY) ## The tests that need no server, in under a minute
	@$(VENV)/bin/python -m pytest tests/unit $(ARGS)

faults: ## Kill every role and server, at every step and at random (ROUNDS=500 kills; FULL=1: at full size)
	@$(MAKE) --silent test ARGS="tests/faults $(ARGS)"

clients: $(READY) ## Generate clients from the OpenAPI documents, walk a case with each (ARGS=Go: that language alone)
	@PYTHONPATH=deploy:. $(VENV)/bin/python -m tests.system.generated_clients $(ARGS)

mutants: $(READY) ## Which mistake in the pure code no quick test sees; an hour (ONLY=episodes.domain.*; KEEP=1 goes on)
	@$(PIP) $(MUTMUT)
	@$(VENV)/bin/python -m tests.mutation $(if $(ONLY),'$(ONLY)')

check: $(READY) ## Style, types, layers; the committed schemas are fresh and keep what was released
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(TYPED)
	PYTHONPATH=deploy:. $(VENV)/bin/lint-imports
	$(VENV)/bin/python -m contracts check
	$(VENV)/bin/python -m tests.support.released check
	@$(foreach it,$(SERVICES),$(VENV)/bin/$(it) openapi | cmp - contracts/openapi/$(it).json \
		|| { echo "contracts/openapi/$(it).json is stale: make schemas"; exit 1; };)

schemas: $(READY) ## Generate the JSON Schemas, asyncapi.yaml and the OpenAPI documents anew, and the examples that lack
	@$(VENV)/bin/python -m tests.support.episodes.new_golden
	$(VENV)/bin/python -m contracts schemas
	@mkdir -p contracts/openapi
	@$(foreach it,$(SERVICES),$(VENV)/bin/$(it) openapi > contracts/openapi/$(it).json;)

release-contracts: schemas ## On purpose: today's schemas become what is promised (contracts/released)
	$(VENV)/bin/python -m tests.support.released release

bench: $(READY) ## Measure side by side, and print a table with ratios
	@PYTHONPATH=deploy $(VENV)/bin/python -m bench $(ARGS)

audit: $(READY) ## Known advisories of what is locked; fails where it cannot ask (needs the public index)
	@$(PYTHON) -m venv $(VENV)/audit && $(VENV)/audit/bin/python -m pip install --quiet pip-audit
	$(VENV)/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

up: $(READY) ## The same in containers (PostgreSQL, Kafka, every role): wait until healthy, walk the case (PROXY=1: two APIs behind HAProxy)
	@deploy/containers/run up

down: ## Remove the containers of `up` (VOLUMES=1: all they stored too)
	@deploy/containers/run down

topics: $(READY) ## Make the Kafka topics of every network (EPISODES_KAFKA_BOOTSTRAP=host:port)
	@$(VENV)/bin/episodes topics

kafka: ## A broker without Docker in the foreground, on port 9092 (Java and Maven)
	@exec deploy/kafka/start

lock: ## Pin requirements.in anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --only-binary :all: --no-header \
		--no-emit-index-url --no-emit-find-links requirements.in --output-file requirements.lock

clean: ## Remove .venv, caches and var/, the local data with it
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
