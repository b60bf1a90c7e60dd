# audiorole: `make demo` builds a dataset from the bundled sample and writes a report; `make speak` fits one of its
# characters on this machine and opens a page where it answers aloud; `make test` installs and tests.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
PIP_FLAGS ?= --quiet --disable-pip-version-check
DEMO ?= demo-out
SPEAK ?= speak-out
CHARACTER ?= Marigold
OPEN ?= --open

.PHONY: demo speak test core-test check docs bench bench-check clean

$(VENV)/.core: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install $(PIP_FLAGS) --upgrade pip
	$(PY) -m pip install $(PIP_FLAGS) -e .
	touch $@

$(VENV)/.test: $(VENV)/.core pyproject.toml
	$(PY) -m pip install $(PIP_FLAGS) -e ".[test]"
	touch $@

$(VENV)/.dev: $(VENV)/.core pyproject.toml
	$(PY) -m pip install $(PIP_FLAGS) "torch==2.13.0"
	$(PY) -m pip install $(PIP_FLAGS) -e ".[dev,docs,ray,review,faces,music,enhance,train]"
	touch $@

demo: $(VENV)/.core
	$(VENV)/bin/audiorole models pull base whisper-base
	$(VENV)/bin/audiorole build examples/series --out $(DEMO)
	$(VENV)/bin/audiorole report $(DEMO) --open

$(VENV)/.speak: $(VENV)/.core pyproject.toml
	$(PY) -m pip install $(PIP_FLAGS) "torch==2.13.0"
	$(PY) -m pip install $(PIP_FLAGS) -e ".[train,review]"
	touch $@

speak: $(VENV)/.speak  # OPEN=--no-open serves the page without opening a browser; OPEN="--say Hello" answers once and ends
	$(VENV)/bin/audiorole models pull base whisper-base talker
	$(VENV)/bin/audiorole build examples/series --out $(SPEAK)/build
	$(VENV)/bin/audiorole train $(SPEAK)/build/dataset --recipe speak --character $(CHARACTER) --out $(SPEAK)/run
	$(VENV)/bin/audiorole chat --system talker@$(SPEAK)/run $(OPEN)

test: $(VENV)/.dev
	$(VENV)/bin/audiorole models pull base whisper-base
	$(PY) -m pytest tests -n auto --maxprocesses 4

core-test: $(VENV)/.test
	$(VENV)/bin/audiorole models pull base whisper-base
	$(PY) -m pytest tests -n auto --maxprocesses 4

check: $(VENV)/.dev
	$(VENV)/bin/ruff check src tests benchmarks examples tools
	$(VENV)/bin/ruff format --check src tests benchmarks examples tools
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(MAKE) docs

docs: $(VENV)/.dev  # into site/; a link or anchor that leads nowhere is an error (not with --quiet)
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/mkdocs build

bench: $(VENV)/.dev
	@test -n "$(DATA)" || { echo "make bench DATA=folder-with-annotated-episodes"; exit 2; }
	$(PY) benchmarks/build_series.py --data $(DATA) --out bench-series.json
	$(PY) benchmarks/sync.py --data $(DATA) --out bench-sync.json
	$(PY) -m benchmarks.speed.floor --data $(DATA) --out bench-floor.json --modes led moonshine whisper

bench-check: $(VENV)/.dev  # speed against the record, on a few episodes; fails where a ratio fell by more than 15 %
	@test -n "$(DATA)" || { echo "make bench-check DATA=folder-with-annotated-episodes"; exit 2; }
	$(PY) -m benchmarks.speed.floor --data $(DATA) --episodes 2 --out bench-floor.json
	$(PY) -m tools.bench_check bench-floor.json

clean:
	rm -rf $(VENV) $(DEMO) $(SPEAK) site
