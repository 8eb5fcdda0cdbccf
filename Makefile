# SPDX-License-Identifier: GPL-3.0-or-later

# Every target needs only Python 3.11 or newer with its venv module, and network access to a Python package index.

TOOLS := .venv/tools-installed
NOX := .venv/bin/nox --download-python auto --error-on-missing-interpreters

# The first interpreter that really runs (a pyenv shim may exist and not work) and is new enough. Override: make PYTHON=...
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$name; break; }; done)

.PHONY: help demo test check docs campaign nodes differential bench bench-migration release clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    show the collection at work against a simulated API"
	@echo "make test    run every tier of the gate (STRICT=1: a tier that could not run is a failure)"
	@echo "make check   linters and pytest on one interpreter, the inner loop of development"
	@echo "make docs    build the documentation site into .cache/site/html, and test the commands in its texts"
	@echo "make campaign  every fault at every request of every module, kills, pairs of runs; half an hour (ONLY=regex: some)"
	@echo "make nodes   change modes on virtual machines, also with failures; as root, and it takes over half an hour"
	@echo "make differential  compare the checks of configurations with real kube-proxies: PROGRAMS=\"folder folder ...\""
	@echo "make bench   measure plays over fleets against the simulated API; an hour (BENCH=\"--clusters 1 50\": some of it)"
	@echo "make bench-migration  measure changes of the mode on virtual machines, ours and by hand; as root, two hours"
	@echo "             (STATE=folder: on a bench that runs; DIRECTIONS=\"ipvs:nftables ...\", WAYS=\"ours ...\": some)"
	@echo "make release  commit, tag and files of a release, which publishes nothing: VERSION=1.2.0 (KEY=..., see RELEASING.md)"
	@echo "make clean   remove everything the other targets made"

demo: .venv-demo/demo-installed
	.venv-demo/bin/python tests/demo/run.py

test: $(TOOLS)
	.venv/bin/python tests/gate/tiers.py $(if $(STRICT),--strict)

check: $(TOOLS)
	$(NOX) --session lint pytest

docs: $(TOOLS)
	$(NOX) --session docs

campaign: $(TOOLS)
	$(NOX) --session campaign -- $(if $(ONLY),--only "$(ONLY)") --report .cache/campaign.json

nodes: $(TOOLS)
	$(NOX) --session nodes -- failures

differential: $(TOOLS)
	$(NOX) --session differential -- $(PROGRAMS)

bench: $(TOOLS)
	$(NOX) --session bench -- $(BENCH)

bench-migration: $(TOOLS)
	$(NOX) --session bench-migration -- $(if $(STATE),--state "$(abspath $(STATE))") \
		$(if $(DIRECTIONS),--direction $(DIRECTIONS)) $(if $(WAYS),--way $(WAYS))

release: $(TOOLS)
	$(NOX) --session release -- $(if $(VERSION),"$(VERSION)") $(if $(KEY),--key "$(KEY)") \
		$(if $(UNSIGNED),--unsigned) $(if $(ANY_BRANCH),--any-branch)

clean:
	rm -rf .venv .venv-demo .nox .cache .ansible .mypy_cache .ruff_cache .import_linter_cache dist tests/output tests/integration/inventory
	rm -f changelogs/.plugin-cache.yaml clusterops-kube_proxy-*.tar.gz
	find . -type d '(' -name __pycache__ -o -name .hypothesis -o -name .pytest_cache ')' -prune -exec rm -rf {} +

$(TOOLS): tests/gate/requirements.txt
	@$(call make-venv,.venv)
	.venv/bin/python -m pip install --quiet --upgrade --requirement tests/gate/requirements.txt
	@touch $@

.venv-demo/demo-installed: tests/demo/requirements.txt
	@$(call make-venv,.venv-demo)
	.venv-demo/bin/python -m pip install --quiet ansible-core --requirement tests/demo/requirements.txt
	@touch $@

define make-venv
test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and none of python3, python3.11 ... python3.14 is. Install one, or say make PYTHON=/path/to/python." >&2; exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks the venv module: install it (Debian and Ubuntu: apt-get install python3-venv)." >&2; exit 1; }; \
$(PYTHON) -m venv --clear $(1)
endef
