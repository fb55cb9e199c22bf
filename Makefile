# make demo      train the tutorial network on handwriting drawn by program, and say what to do next
# make test      everything that is proven
# make check     style, types, import order, and the core without a warning
# make sanitize  the tests of the core again, with a build that stops at memory errors (Linux)
# make wasm      the core for browsers again, after a change to core/
# make fuzz      look for bytes that break the readers, for MINUTES=10 (Linux, macOS)
# make bench     the figures of the README, with the peers that are installed
# make clean     remove what was built here
#
# Needs Python 3.11 or newer with pip. PYTHON=python3.13 picks another; VENV=folder another place.

PYTHON ?= python3
VENV ?= .venv

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CORE := $(shell find core -name '*.cpp' -o -name '*.h')

TESTS_OF_CORE := tests/core tests/engines tests/sprites tests/test_order.py

.PHONY: demo test check sanitize wasm fuzz bench clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	$(BIN)/spritenet train

test: $(VENV)/compiled
	$(BIN)/python -m pytest --numprocesses auto $(TESTS)

check: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py --warnings-as-errors --out build/check

sanitize: $(VENV)/compiled
	$(BIN)/python hatch_build.py --sanitize --out build/sanitized
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
	  SPRITENET_LIBRARIES="$(CURDIR)/build/sanitized" \
	  $(BIN)/python -m pytest --numprocesses auto $(TESTS_OF_CORE)

wasm: $(VENV)/installed-dev
	$(BIN)/python tools/build_wasm.py

fuzz: $(VENV)/compiled
	mkdir -p build/fuzz
	$(BIN)/python tests/fuzz/fuzz_sprites.py -max_total_time=$$((60 * $(or $(MINUTES),10))) \
	  -max_len=4096 -artifact_prefix=build/fuzz/ build/fuzz tests/fuzz/corpus

bench: $(VENV)/compiled
	$(BIN)/python benchmarks/all.py

clean:
	rm -rf build dist src/spritenet/core/lib .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf .import_linter_cache tests/node/node_modules $(VENV)
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# An editable install: changed Python counts at once, a changed core is compiled again.
$(VENV)/installed: pyproject.toml hatch_build.py $(CORE) | $(VENV)/made
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/made
	$(PIP) --editable '.[dev]'
	@touch $(VENV)/installed $@

$(VENV)/compiled: hatch_build.py $(CORE) $(VENV)/installed-dev
	$(BIN)/python hatch_build.py
	@touch $(VENV)/installed $@

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Spritenet needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	       "Type: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
