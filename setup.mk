# The environment in .venv, for the Makefile of the course and for that of the bundles that students get.
# PYTHON=python3.12 make ... chooses another interpreter.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export NO_ALBUMENTATIONS_UPDATE := 1

# Buttons of nbgrader's: "Validate" tells students that an untouched notebook passes, since a check is no assertion; "Create
# Assignment" edits what is built from the text masters.
MISLEADING := validate-assignment create-assignment

.PHONY: setup

setup: $(READY)

# From 24.1 on pip refuses catalyst 22.4, the last release, for a typing error in its metadata.
$(READY): requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON). Install Python 3.11 or later, or name one: PYTHON=/path/to/python make setup"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { echo "make: $(PYTHON) is $$($(PYTHON) --version); the course needs 3.11 to 3.13. Name one: PYTHON=/path/to/python make setup"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "make: $(PYTHON) cannot make a virtual environment (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	$(BIN)/python -m pip install --quiet 'pip<24.1'
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@for name in $(MISLEADING); do $(BIN)/jupyter labextension disable --level sys_prefix "@jupyter/nbgrader:$$name" >/dev/null 2>&1 || exit 1; done
	@touch $@
