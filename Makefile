# The manual: `make` lists what can be done.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: setup

# The first Python on the PATH that is new enough; without one, python3, so that `doctor` can say what is wrong.
PYTHON ?= $(shell for it in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$it -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$it; exit; }; done; echo python3)
VENV := .venv
READY := $(VENV)/.ready
DISTRIBUTIONS := contracts services/episodes services/notifications

setup: $(READY) ## Make .venv with every dependency of requirements.lock (skipped while nothing changed)

$(READY): requirements.lock $(DISTRIBUTIONS:=/pyproject.toml)
	@rm -f $@
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(DISTRIBUTIONS:%=-e %)
	@touch $@
