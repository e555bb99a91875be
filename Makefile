# Everything works on a machine with Python 3.11 or newer and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PAGE := $(VENV)/calibration.md
OUTSIDE := tests/end_to_end tests/random_backends tests/reference_app

.PHONY: help demo test test-outside test-inside tools check calibrate calibrate-express lint types wheel examples clean

help:
	@echo "make demo       audit the bundled API with a few defects switched on; opens nothing, writes auditor-out/"
	@echo "make test       all tests"
	@echo "make tools      validators of others that some tests want, into .tools/; without them those tests are skipped"
	@echo "make check      what CI runs: lint, types, tests, calibration, the wheel in an empty environment"
	@echo "make calibrate  every check against its defect, its decoys and the clean API"
	@echo "make calibrate-express  the same with the second API, in Express: needs Node 20 and npm"
	@echo "make examples   the demo's reports in examples/, anew"

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[reference,dev]'
	@touch $(READY)

demo: $(READY)
	$(BIN)/auditor demo --output auditor-out

# Two halves beside each other, for much of the one is waiting for processes. `pytest` alone runs them all in turn.
test: $(READY)
	@$(MAKE) --no-print-directory --jobs=2 test-outside test-inside

test-outside: $(READY)
	$(BIN)/python -m pytest -q $(OUTSIDE)

test-inside: $(READY)
	$(BIN)/python -m pytest -q $(OUTSIDE:%=--ignore=%)

tools: $(READY)
	@.ci/tools

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

calibrate: $(READY)
	$(BIN)/auditor calibrate --page $(PAGE)
	@diff -q docs/calibration.md $(PAGE) >/dev/null || \
		{ echo "docs/calibration.md is stale: cp $(PAGE) docs/calibration.md"; exit 1; }

calibrate-express: $(READY)
	$(BIN)/auditor calibrate --target express

wheel: $(READY)
	$(BIN)/python tests/wheel_check.py

examples: $(READY)
	$(BIN)/python examples/make.py

check: lint types test calibrate wheel

clean:
	rm -rf $(VENV) .tools auditor-out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
