# Everything runs in .venv, built with exact versions from constraints.txt. Only Python 3.11 or later is needed first.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test lint serve baseline soak format

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt 'torch==2.13.0'
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,postgres]'
	touch $@

demo: $(INSTALLED)
	$(BIN)/matchmaker demo

test: $(INSTALLED)
	$(BIN)/python -m pytest --cov --cov-report=term

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: $(INSTALLED)
	$(BIN)/matchmaker serve

baseline: $(INSTALLED)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[build]'
	$(BIN)/matchmaker train baseline baseline

soak: $(INSTALLED)
	MATCHMAKER_SOAK=1 $(BIN)/python -m pytest -m soak
