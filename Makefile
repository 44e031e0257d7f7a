# make demo   sets up, then runs the whole course on the embedded data
# make test   sets up, then runs every test
# The other targets are for maintainers. PYTHON=python3.12 make ... chooses another interpreter.

.PHONY: help demo test mistakes notebooks notebooks-check third-party bench forgery lint format clean

help:
	@grep -E '^# make' Makefile | cut -c3-
	@echo "also: setup, mistakes, notebooks, notebooks-check, third-party, bench, forgery, lint, format, clean"

include setup.mk

demo: setup
	$(BIN)/python -m solutions.tools.demo

# In as many processes as there are processors, up to four. Each file is tested by one of them, the dearest first (conftest.py).
# One thread each for torch: batches are small here, and more threads than processors wait for each other.
PARALLEL := --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
test: export OMP_NUM_THREADS := 1
test: setup
	$(BIN)/python -m pytest --nbval --nbval-cell-timeout=600 $(PARALLEL) data grader solutions notebooks

# The tables by which checks recognise mistakes.
mistakes: setup
	$(BIN)/python -m solutions.tools.mistakes

notebooks: setup
	$(BIN)/python -m solutions.tools.build

notebooks-check: setup
	$(BIN)/python -m solutions.tools.build --check

# The libraries that the benchmarks compare with, pinned in pyproject.toml's extra, which says why without dependencies.
third-party: setup
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")' > .venv/bench.txt
	$(BIN)/python -m pip install --quiet --no-deps --requirement .venv/bench.txt

bench: third-party
	$(BIN)/python -m solutions.research.samplers
	$(BIN)/python -m solutions.research.training

# Ours, nbgrader and otter-grader on forged and odd notebooks: an hour on two cores. Nothing that is pinned changes.
forgery: setup
	$(BIN)/python -m pip install --quiet --no-build-isolation --constraint requirements.lock --editable '.[forgery]'
	$(BIN)/python -m solutions.research.forgery

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What can be made again, and nothing of a course: submissions, grades and feedback stay.
clean:
	rm -rf .venv build *.egg-info demo-course .pytest_cache .ruff_cache .hypothesis
	rm -rf notebooks/*/logs notebooks/*/results.json solutions/notebooks/*/logs solutions/notebooks/*/results.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
