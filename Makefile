# Everything works in a new clone: each target sets up .venv first, once, and is quick after that.
#
#   make demo     one sheet to show: five ways to cut, and a sequence, by the small model in the package
#   make studio   a storyboard on a page of this machine, in the folder "board" or in BOARD=...
#   make test     the tests, those that take long aside
#   make slow     those that take long
#   make attack   every command killed thirty times, run twice at once, given what is odd (half an hour)
#   make check    lint, format, types, and which room may import which
#   make alone    the wheel by itself, without extras, in a new environment
#   make mutants  forty-six mistakes in the core, each of which the tests must notice (minutes)
#   make pictures the README's own, by the same model, after a change that they should show
#   make format   put the code into shape
#   make clean    remove what the other targets made, .venv included

PYTHON ?= python3.11
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo studio test slow attack check alone mutants pictures format clean

demo: $(READY)
	$(BIN)/cut2next demo --out demo

BOARD ?= board
studio: $(READY)
	$(BIN)/cut2next studio $(BOARD)

# A file of tests stays in one process; torch has no use for threads on models this small. Some tests
# wait, so there is one process more than processors.
TESTS := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --maxprocesses 8 --dist loadfile

test: $(READY)
	$(TESTS) -m 'not slow'

# Tests that take long, and the examples that others have few of.
slow: $(READY)
	$(TESTS) -m slow --ignore tests/attack
	$(TESTS) -m hypothesis --hypothesis-profile thorough

attack: $(READY)
	$(TESTS) -m slow tests/attack

check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# Removed when all went well: torch makes it large.
alone: | $(BIN)/pip
	rm -rf dist .venv-alone
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps -w dist .
	$(PYTHON) -m venv .venv-alone
	.venv-alone/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt dist/*.whl
	.venv-alone/bin/cut2next --help >/dev/null
	.venv-alone/bin/python tests/cli/base_install.py
	rm -rf .venv-alone

mutants: $(READY)
	$(BIN)/python scripts/mutants.py

pictures: $(READY)
	$(BIN)/python scripts/pictures.py

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf .venv .venv-alone demo dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so that an installation that was cut short is begun again.
$(READY): pyproject.toml constraints.txt | $(BIN)/pip
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

# pip is the last thing that venv puts there.
$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not here; cut2next needs Python 3.11 or newer; try: make PYTHON=python3" >&2; exit 1; }
	$(PYTHON) -m venv .venv
