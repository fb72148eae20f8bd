# `make lab` opens the lessons, `make test` runs the tests, `make help` lists the rest. Each sets up what it needs.

.DEFAULT_GOAL := help

PYTHON ?= $(firstword $(foreach python,python3 python3.12 python3.13 python3.11 python,$(shell \
	$(python) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("$(python)")' 2>/dev/null)))
BIN := .venv/bin
SET_UP = $(PYTHON) generative_vision/course/environment.py
ARGS ?=
PYTEST = $(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder
LESSONS := $(wildcard solutions/*/*.md)
UNTIDY = { echo "make format lays it out."; exit 1; }
# What test-fast leaves out: files of tests that run lessons, other processes or a browser, or that train for long
SLOW := lessons browser* execut* grad* steps formgrader warm publish doctor cli keras_verbs keras_files autoencoder gan_training gan_refusals loop* gaussian_loop runtime device audit cards vae_codes latent_flow_model \
	evaluate style* verdicts slips provenance worker luck syscalls starved

.PHONY: lab test test-fast test-slow test-full lint format types build book help

lab: ready  ## copy new lessons into work/ and open JupyterLab there (ARGS=--no-browser on a server)
	@$(BIN)/generative-vision lab $(ARGS)

test: ready-test  ## at most 15 minutes on two cores
	@$(PYTEST) -m "not slow and not full" $(ARGS)

test-fast: ready-test  ## some 5 minutes: runs no lesson, no book, no marking, no browser, no long training
	@$(PYTEST) -m "not slow and not full" $(SLOW:%=--ignore-glob='tests/test_%.py') $(ARGS)

test-slow: ready-test  ## what starts browsers, environments, books or many markings, and every lesson: CI runs it after test
	@$(PYTEST) -m "slow and not full" $(ARGS)

test-full: ready-test  ## what takes longer, too
	@$(PYTEST) $(ARGS)

lint: ready-test  ## ruff on the code (100 columns) and on the lessons' cells (80); changes nothing
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check || $(UNTIDY)
	@$(BIN)/jupytext --quiet --pipe-fmt ipynb --check "$(BIN)/ruff check --quiet {}" $(LESSONS)
	@$(BIN)/jupytext --quiet --pipe-fmt ipynb --check "$(BIN)/ruff format --quiet --diff {}" $(LESSONS) || $(UNTIDY)

format: ready-test  ## let ruff sort imports and lay out code and lessons, then derive the notebooks again
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format
	@$(BIN)/jupytext --quiet --pipe-fmt ipynb --pipe "$(BIN)/ruff check --fix-only --quiet {}" --pipe "$(BIN)/ruff format --quiet {}" $(LESSONS)
	@$(BIN)/generative-vision build

types: ready-test  ## mypy on the package
	@$(BIN)/mypy

build: ready  ## derive solution and student notebooks from the sources (ARGS=--verify only compares)
	@$(BIN)/generative-vision build $(ARGS)

book: ready-test  ## execute the lessons and build the site in _book/
	@$(BIN)/generative-vision book $(ARGS)

help:  ## this list
	@awk -F ':.*## +' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: ready ready-test
# .venv/installed.json says what is there: where it holds, this takes a tenth of a second
ready ready-test:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python"; exit 1; }
	@$(SET_UP) $(if $(findstring test,$@),test)
