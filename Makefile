# `make` alone prints the targets. Everything runs from .venv, which is made when it is missing.

PYTHON ?= python3
VENV ?= .venv
EXTRAS ?= train,tensorboard,qlora,ray,physics,meshes,export,films,gl,judge,serve,docs,testing,sb3,dev
PYTEST_ARGS ?= --numprocesses auto --maxprocesses 4 --dist worksteal
DEMO_COMMAND ?= train demo --output runs/demo
BENCH_JSON ?= build/bench/speed.json
TORCHVISION ?= 0.28.0

BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TREE := build/tree
TORCHVISION_STAMP := build/torchvision/.installed-$(TORCHVISION)-num2words
BLENDER := build/blender
BLENDER_STAMP := $(BLENDER)/spatialenv-blender.json
ADAPTER_STAMPS := $(addprefix build/adapters/,$(addsuffix /.installed,verl verifiers openrlhf))

.DEFAULT_GOAL := help
.PHONY: help dev demo test adapters blender check lint format types layers spell golden bench docs notebooks suites wheel clean

help:  ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: $(STAMP)  ## make .venv with the package (editable) and its tools

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[$(EXTRAS)]' --constraint constraints.txt
	touch $@

demo: $(STAMP)  ## train a tiny model on rooms, offline: runs/demo/report.html
	$(BIN)/spatialenv $(DEMO_COMMAND)

test: $(STAMP) $(TORCHVISION_STAMP)  ## run the tests
	@test ! -f $(BLENDER_STAMP) || export SPATIALENV_BLENDER="$${SPATIALENV_BLENDER:-$(CURDIR)/$(BLENDER)}"; \
		set -x; $(BIN)/python -m pytest $(PYTEST_ARGS)

# Tests of most families of models need torchvision. Its wheel on PyPI is built for CUDA and breaks
# `import transformers` beside a CPU torch, so it stays out of .venv. SmolVLM's processor needs num2words, too.
# Without them those tests are skipped.
$(TORCHVISION_STAMP): | $(STAMP)
	@$(BIN)/python -m pip install --quiet --no-deps --upgrade --retries 1 --timeout 20 \
		--target $(dir $@) torchvision==$(TORCHVISION) num2words==0.5.14 docopt==0.6.2 \
		&& touch $@ || echo "torchvision could not be installed: tests of most model families will be skipped"

adapters: $(ADAPTER_STAMPS)  ## install the trainers that the adapters are tested in (400 MB): build/adapters

# They pin versions of torch and transformers that are not ours, so each stays apart from .venv, with only those of
# its dependencies that the tested code imports. Without them their tests are skipped.
build/adapters/%/.installed: tests/integration/real_%.txt | $(STAMP)
	@rm -rf $(dir $@)
	@$(BIN)/python -m pip install --quiet --no-deps --retries 1 --timeout 20 --target $(dir $@) --requirement $< \
		&& touch $@ || echo "$* could not be installed: the test of its adapter will be skipped"

blender: $(BLENDER_STAMP)  ## install Blender as a Python module (0.4 GB, 1 GB of disk): build/blender

# It wants Python 3.11 and a numpy before 2, so it has an environment of its own. Without it its tests are skipped.
$(BLENDER_STAMP): | $(STAMP)
	@$(BIN)/spatialenv blender install --path $(BLENDER) \
		|| echo "Blender could not be installed: its tests will be skipped, or say what it lacks"

check: lint types layers spell test  ## lint, types, layers, spelling, tests: what CI runs

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)  ## reformat the sources and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(STAMP)
	$(BIN)/python tools/linktree.py
	$(BIN)/mypy

layers: $(STAMP)
	$(BIN)/python tools/linktree.py
	PYTHONPATH=$(TREE) $(BIN)/lint-imports --no-cache

spell: $(STAMP)
	$(BIN)/codespell

golden: $(STAMP)  ## redraw the pictures that the golden tests compare with; look at them before you commit
	$(BIN)/python -m pytest tests/golden --update-golden $(PYTEST_ARGS)

bench: $(STAMP)  ## time the hot path
	mkdir -p $(dir $(BENCH_JSON))
	$(BIN)/python -m benchmarks.speed --json $(BENCH_JSON)

docs: $(STAMP)  ## build the documentation, running its notebooks: build/site/index.html
	rm -rf build/site
	OMP_NUM_THREADS=1 $(BIN)/python -m sphinx -b html -W --keep-going -q docs build/site
	$(BIN)/python tools/check_links.py build/site

notebooks: $(STAMP)  ## run the notebooks of docs/tutorials again and keep what they show
	$(BIN)/python tools/run_notebooks.py docs/tutorials/*.ipynb

suites: $(STAMP)  ## check that the frozen suites are those that the generator makes
	$(BIN)/python tools/make_suites.py --check

wheel: $(STAMP)  ## build sdist and wheel, check their contents, use the wheel in a bare environment
	rm -rf build/lib build/bare dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/check-wheel-contents dist/*.whl
	$(BIN)/python -m venv build/bare
	build/bare/bin/python -m pip install --quiet --constraint constraints.txt dist/*.whl
	cd build/bare && bin/python -I $(CURDIR)/tools/smoke.py

clean:  ## remove what was built; .venv and runs stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
