# One target for each thing that people do here; `make help` lists them.
PYTHON ?= python3
PIP := .venv/bin/python $(wildcard tools/pip-*.whl)/pip
INSTALL := $(PIP) install -qq --disable-pip-version-check --no-deps --only-binary :all: --require-hashes
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --generate-hashes \
	--no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help run test check lint format messages screenshots dev lock

# What `make lint` needs to load the settings: a deployment's own, without a database.
lint: export SECRET_KEY = signs-nothing-and-is-long-enough-for-the-deployment-check
lint: export DATABASE_URL = sqlite://:memory:
lint: export DEBUG = off
lint: export HTTPS_ONLY = on
lint: export DOMAIN_API_ENDPOINT = https://domain.aliyuncs.com
lint: export ALIBABA_CLOUD_ACCESS_KEY_ID = key-id
lint: export ALIBABA_CLOUD_ACCESS_KEY_SECRET = key-secret

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

run: .venv/run-stamp ## start the whole desk with its sandbox on http://127.0.0.1:8000 (PORT=8001 for another port)
	@.venv/bin/python -m dashboard.demo

test: .venv/dev-stamp ## run the tests on SQLite and PostgreSQL (ARGS="tests/services -k cooldown" for some of them)
	@.venv/bin/python -m tests.run $(ARGS)

check: lint test ## run everything that CI checks

lint: .venv/dev-stamp ## check format, style, types, migrations and the deployment settings
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python manage.py makemigrations --check --dry-run
	.venv/bin/python manage.py check --deploy --fail-level WARNING
	@! grep -n '://' requirements.lock requirements-dev.lock || { echo 'The locks must name no addresses.'; exit 1; }

format: .venv/dev-stamp ## bring the code into its format and mend what can be mended by itself
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

messages: .venv/dev-stamp ## gather the words of the pages into the Chinese catalog, and compile it
	@.venv/bin/python -m tools.messages

screenshots: .venv/dev-stamp ## take a picture of every page and state into var/screenshots, and renew those of the README
	@.venv/bin/python -m pytest tests/browser/screenshots.py -q -s

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
