# The two commands: `make lab` opens the lessons, `make test` runs the tests. Each sets up what it needs.

PYTHON ?= $(firstword $(foreach python,python3 python3.12 python3.13 python3.11 python,$(shell \
	$(python) -c 'import sys; (3, 11) <= sys.version_info[:2] <= (3, 13) and print("$(python)")' 2>/dev/null)))
BIN := .venv/bin
ARGS ?=

.PHONY: lab test test-full build book

lab: .venv/ready  ## copy new lessons into work/ and open JupyterLab there (ARGS=--no-browser on a server)
	@$(BIN)/generative-vision lab $(ARGS)

test: .venv/ready-test  ## at most 15 minutes on two cores
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder -m "not full" $(ARGS)

test-full: .venv/ready-test  ## what takes longer, too
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder $(ARGS)

build: .venv/ready  ## derive solution and student notebooks from the sources
	@$(BIN)/generative-vision build $(ARGS)

book: .venv/ready-test  ## execute the lessons and build the site in _book/
	@$(BIN)/generative-vision book $(ARGS)

.venv/ready: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found. Install one, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python"; exit 1; }
	@echo "Setting up .venv with $(PYTHON): once, some minutes ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt-get install python3-venv"; rm -rf .venv; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/ready-test: .venv/ready
	@echo "Adding what the tests and the book need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	@touch $@
