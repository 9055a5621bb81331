# One target for each thing that people do here; `make help` lists them.
PYTHON ?= python3
PIP := .venv/bin/python $(wildcard tools/pip-*.whl)/pip
INSTALL := $(PIP) install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
	--no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help dev lock

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

# The pip of this repository does the installing, for Debian's python3 comes without pip and ensurepip.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv --without-pip .venv

.venv/run-stamp: requirements.lock | .venv/bin/python
	$(INSTALL) -r requirements.lock
	@touch $@

.venv/dev-stamp: requirements.lock requirements-dev.lock | .venv/bin/python
	$(INSTALL) -r requirements-dev.lock
	@touch .venv/run-stamp $@

dev: .venv/dev-stamp ## make the environment for development

lock: ## resolve the dependencies anew (needs uv)
	$(COMPILE) --upgrade pyproject.toml -o requirements.lock
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
