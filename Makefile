# make demo      train the tutorial network on handwriting drawn by program, and say what to do next
# make test      everything that is proven
# make quick     the tests to run while editing, half a minute
# make check     style, types, import order, and the core without a warning
# make format    the style of Python and JavaScript, as `make check` wants it
# make sanitize  the tests of the core again, with a build that stops at memory errors (Linux)
# make wasm      the core for browsers again, after a change to core/
# make pages     the exported pages again, after a change to the pages or their JavaScript library
# make npm       the npm package, build/npm/spritenet-X.Y.Z.tgz
# make fuzz      look for bytes that break the readers, for MINUTES=10 (Linux, macOS)
# make lock      pin what all of these install anew, from the ranges of pyproject.toml
# make test-lowest, make test-newest   the tests with the lowest and the newest dependencies allowed
# make test-pythons                    the tests with each of PYTHONS
# make docs      the documentation as a site, in build/site
# make examples  every notebook of examples/ executed, with its figures, in build/examples
# make native    the core's tests and speed without Python
# make release   every wheel, the source archive, the npm package and what is said of them, in dist/
# make bench     the measurements of the README, with the peers that are installed
# make clean     remove what was built here
#
# Everything that is installed is locked, in requirements/.
# Needs Python 3.11 or newer with pip. PYTHON=python3.13 picks another; VENV=folder another place.

PYTHON ?= python3
VENV ?= .venv
PYTHONS ?= 3.11 3.12 3.13

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Whole files to a process, so that what their tests share is made once; the idle one takes from others.
IN_PARALLEL := --numprocesses auto --dist worksteal
PYTEST := $(BIN)/python -m pytest $(IN_PARALLEL)
NODE := tests/node/node_modules/.bin
JAVASCRIPT := 'src/**/*.{js,css}' 'tests/**/*.{js,mjs}' 'benchmarks/**/*.{js,mjs}'
CORE := $(shell find core -name '*.cpp' -o -name '*.h')

SLOW := tests/test_extending.py tests/test_benchmarks.py tests/test_build.py tests/test_tutorials.py
SLOW += tests/test_docs_examples.py tests/test_permutation.py tests/test_reference.py
QUICK := tests/core tests/dataset tests/migration tests/model tests/charts tests/training
QUICK += $(filter-out $(SLOW),$(wildcard tests/test_*.py))
OF_PYTORCH := tests/engines/test_capture.py tests/engines/test_group.py
OF_PYTORCH += tests/engines/test_pytorch.py tests/engines/test_ranks.py tests/engines/test_torch_engine.py
TESTS_OF_CORE := tests/core tests/sprites tests/test_permutation.py
TESTS_OF_CORE += $(filter-out $(OF_PYTORCH),$(wildcard tests/engines/test_*.py))

.PHONY: demo test quick docs examples native release check check-javascript format format-javascript sanitize wasm pages npm fuzz bench lock test-lowest test-newest test-pythons clean
.DELETE_ON_ERROR:

demo: $(VENV)/installed
	$(BIN)/spritenet train

test: $(VENV)/compiled
	$(PYTEST) $(TESTS)

quick: $(VENV)/compiled
	$(PYTEST) --hypothesis-profile quick -m 'not torch and not slow' $(QUICK)

check: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/clang-format --dry-run --Werror $(CORE)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python hatch_build.py --warnings-as-errors --out build/check
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory check-javascript; \
	  else echo "JavaScript is not checked: Node.js is missing."; fi

check-javascript: tests/node/node_modules/installed
	$(NODE)/eslint --config tests/node/eslint.config.mjs $(JAVASCRIPT)
	$(NODE)/prettier --log-level warn --check $(JAVASCRIPT)

format: $(VENV)/installed-dev
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(CORE)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory format-javascript; \
	  else echo "JavaScript is not formatted: Node.js is missing."; fi

format-javascript: tests/node/node_modules/installed
	$(NODE)/prettier --log-level warn --write $(JAVASCRIPT)

sanitize: $(VENV)/compiled
	$(BIN)/python hatch_build.py --sanitize --out build/sanitized
	LD_PRELOAD="$$(g++ -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
	  SPRITENET_LIBRARIES="$(CURDIR)/build/sanitized" \
	  $(PYTEST) $(TESTS_OF_CORE)

wasm: $(VENV)/installed-dev
	$(BIN)/python tools/build_wasm.py

pages: tests/node/node_modules/installed
	$(PYTHON) tools/bundle_pages.py

npm: tests/node/node_modules/installed
	$(PYTHON) tools/build_npm.py

fuzz: $(VENV)/compiled
	mkdir -p build/fuzz
	$(BIN)/python tests/fuzz/fuzz_sprites.py -max_total_time=$$((60 * $(or $(MINUTES),10))) \
	  -max_len=4096 -artifact_prefix=build/fuzz/ build/fuzz tests/fuzz/corpus

bench: $(VENV)/compiled
	$(BIN)/python benchmarks/all.py

docs: $(VENV)/installed-dev
	$(PIP) --no-deps --require-hashes --requirement requirements/docs.txt
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

examples: $(VENV)/compiled
	$(BIN)/python tools/notebooks.py

native: $(VENV)/compiled
	$(BIN)/python tools/native.py test
	$(BIN)/python tools/native.py bench

release: $(VENV)/installed-dev tests/node/node_modules/installed
	$(PIP) --no-deps --require-hashes --requirement requirements/release.txt
	$(BIN)/python tools/release.py

clean:
	rm -rf build dist src/spritenet/core/lib .hypothesis .mypy_cache .pytest_cache .ruff_cache
	rm -rf .import_linter_cache tests/node/node_modules $(VENV)
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The ends of the ranges, each in an environment of its own. Python itself is PYTHON.
test-lowest: build/venv-lowest/installed-dev
	build/venv-lowest/bin/python hatch_build.py
	build/venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/lowest.txt
	build/venv-lowest/bin/python -m pytest $(IN_PARALLEL) $(TESTS)

test-newest: build/venv-newest/installed-dev
	build/venv-newest/bin/python hatch_build.py
	build/venv-newest/bin/python tools/lock.py --newest
	build/venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements/newest.txt
	build/venv-newest/bin/python -m pytest $(IN_PARALLEL) $(TESTS)

test-pythons:
	for version in $(PYTHONS); do \
	  $(MAKE) VENV=build/venv-$$version PYTHON=python$$version test TESTS="$(TESTS)" || exit 1; done

build/venv-%/installed-dev:
	$(MAKE) VENV=build/venv-$* $@

lock: $(VENV)/installed-dev
	$(BIN)/python tools/lock.py
	npm install --prefix tests/node --package-lock-only --no-audit --no-fund
	npm install --prefix benchmarks/node --package-lock-only --no-audit --no-fund

# An editable install: changed Python counts at once, a changed core is compiled again.
$(VENV)/installed: pyproject.toml requirements/run.txt hatch_build.py $(CORE) | $(VENV)/made
	$(PIP) --no-deps --require-hashes --requirement requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml requirements/dev.txt | $(VENV)/made
	$(PIP) --no-deps --require-hashes --requirement requirements/dev.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(VENV)/installed $@

tests/node/node_modules/installed: tests/node/package.json tests/node/package-lock.json
	npm ci --prefix tests/node --no-audit --no-fund
	@touch $@

$(VENV)/compiled: hatch_build.py $(CORE) $(VENV)/installed-dev
	$(BIN)/python hatch_build.py
	@touch $(VENV)/installed $@

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Spritenet needs Python 3.11 or newer, but '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." \
	       "Type: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@touch $@
