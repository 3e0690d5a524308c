# make demo  - set up and run everything on the embedded data (no download but packages)
# make test  - set up and run the tests
# make help  - all targets

SHELL := /bin/bash
PYTHON ?= python3
CORES ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Two spinning OpenMP teams on few cores stand in each other's way.
export OMP_WAIT_POLICY := passive

.PHONY: help setup demo quick paper-mnist paper-ct siblings audit report release-check determinism test test-slow lint \
	benchmark clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## virtual environment in .venv with the versions of envs/constraints.txt

$(READY): pyproject.toml envs/constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c envs/constraints.txt -e '.[test]'
	touch $@

demo: $(READY) ## everything there is, on handwritten digits of scikit-learn and CT phantoms made here (2 cores)
	$(BIN)/snakemake --cores $(CORES) --config preset=demo

SECTIONS ?= all
quick: $(READY) ## real MNIST and CT slices of yours, few images and epochs; SECTIONS=inpainting for one (2 cores)
	$(BIN)/snakemake --cores $(CORES) $(SECTIONS) --config preset=quick

GPUS ?= 1
# All of it, studies included; or a part, such as TARGETS="table3 table4 fig3", which needs the main trainings alone.
TARGETS ?= inpainting
paper-mnist: $(READY) ## the paper's MNIST section in full: 100 epochs, three seeds, studies (GPUS=1 CORES=8 TARGETS=inpainting)
	$(BIN)/snakemake --cores $(CORES) --resources gpu=$(GPUS) $(TARGETS) --config preset=paper

# LoDoPaB-CT in the data folder; other slices with SOURCE="{source: hounsfield, path: ct/ct_slices.h5}".
SOURCE ?= {}
CT_TARGETS ?= tomography
paper-ct: $(READY) ## the paper's CT section in full: five noise levels, three seeds (GPUS=1 CORES=8 CT_TARGETS=tomography SOURCE={})
	$(BIN)/snakemake --cores $(CORES) --resources gpu=$(GPUS) $(CT_TARGETS) --config preset=paper 'tomography={data: $(SOURCE)}'

siblings: $(READY) ## the two sibling papers in full, on MNIST and FashionMNIST and on mixtures made here (2 cores, no GPU)
	$(BIN)/snakemake --cores $(CORES) interventions transport --config preset=paper device=cpu threads=1

PRESET ?= demo
audit: $(READY) ## check the evidence behind PRESET's results
	$(BIN)/python -m vspair audit results/$(PRESET)

report: $(READY) ## one offline page of PRESET's results: results/PRESET/report.html
	$(BIN)/snakemake --cores $(CORES) report --config preset=$(PRESET)

release-check: $(READY) ## all of PRESET, a full audit, and a report only if the audit finds nothing
	$(BIN)/snakemake --cores $(CORES) --config preset=$(PRESET)
	$(BIN)/python -m vspair release-check results/$(PRESET)

determinism: $(READY) ## train each model twice, and once killed and resumed, and compare the bits (PRESET=demo)
	$(BIN)/snakemake --cores $(CORES) determinism --config preset=$(PRESET)

test: $(READY) ## the tests (real MNIST too where VSPAIR_DATA names it)
	@# Side by side: those that start from a run of the whole workflow wait for its jobs, the others for one core.
	@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	$(BIN)/python -m pytest -m "not slow and finished" tests/workflow > "$$log" 2>&1 & finished=$$!; \
	$(BIN)/python -m pytest -m "not slow and not finished"; others=$$?; \
	echo "waiting for tests/workflow"; wait $$finished; finished=$$?; cat "$$log"; \
	[ $$others = 0 ] && [ $$finished = 0 ]

test-slow: $(READY) ## the slow tests; tables of the faults and damaged files that were tried
	$(BIN)/python -m pytest -m slow

lint: $(READY) ## code style and workflow checks
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/snakefmt --check workflow && $(BIN)/snakemake --lint

benchmark: $(READY) ## speed beside what a user would otherwise run, with receipts (PRESET=demo)
	$(BIN)/snakemake --cores $(CORES) speed --config preset=$(PRESET)

clean: ## remove results and the environment
	rm -rf $(VENV) results .snakemake
