# Everything one does with the portal. Needs Python 3.11 or newer with pip, and make; `make` alone lists the targets.

PYTHON ?= python3
PORT ?= 8000
JOBS ?= auto

VENV := .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
# Python compiles what it imports when it first does; pip would compile every file of every package, one after another.
INSTALL := -m pip install --quiet --disable-pip-version-check --no-compile
PIP := $(BIN)/python $(INSTALL)
RUN_READY := $(VENV)/run.stamp
DEV_READY := $(VENV)/dev.stamp
# ministack pins botocore, so it has an environment of its own.
AWS_VENV := .venv-aws
AWS_READY := $(AWS_VENV)/ready.stamp
# What the bench measures us against: nothing that the portal or its tests need.
BENCH_VENV := .venv-bench
BENCH_READY := $(BENCH_VENV)/ready.stamp
# What Python compiled is kept, whatever the environment says: each process of the tests would compile it all again.
export PYTHONDONTWRITEBYTECODE :=
# What the checks and the demo need of the settings, whatever a developer's own .env says.
CHECKS := SECRET_KEY=only-for-checks DEBUG=true DATA_DIR=var/checks DATABASE_URL=sqlite:///var/checks/portal.sqlite3
# Babel's commands, with their options from pyproject.toml.
BABEL := $(BIN)/python -m babel.messages.frontend --quiet
COMPILED := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
THROWAWAY := SECRET_KEY=only-for-the-demo DEBUG=false DEMO=true LOG_LEVEL=WARNING DATA_DIR=var/demo \
	DATABASE_URL=sqlite:///var/demo/portal.sqlite3

.DEFAULT_GOAL := help
.PHONY: help setup run demo cluster aws-local aws-demo aws-local-setup test check lint format types contracts migrations test-fast test-pages test-aws test-browser test-thorough test-postgresql mutants lock audit servers postgresql redis nginx chromium browsers bench bench-setup clean messages languages

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-14s %s\n", $$1, $$2}'

# -- Setting up -------------------------------------------------------------------------------------------------------

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; say which: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(RUN_READY): requirements.txt requirements-faces.txt requirements-demo.txt | $(BIN)/python
	@echo "Installing what the portal needs into $(VENV) (once; a minute or two) …"
	@$(PIP) -r requirements.txt -r requirements-demo.txt
	@$(PIP) --no-deps -r requirements-faces.txt
	@touch $@

$(DEV_READY): requirements-dev.txt requirements.txt requirements-faces.txt requirements-demo.txt | $(BIN)/python
	@echo "Installing what developing needs into $(VENV) (once; a minute or two) …"
	@$(PIP) -r requirements-dev.txt
	@$(PIP) --no-deps -r requirements-faces.txt
	@touch $@ $(RUN_READY)

$(AWS_READY): requirements-aws-local.txt
	@echo "Installing DynamoDB and S3 for this machine into $(AWS_VENV) (once; half a minute) …"
	@test -x $(AWS_VENV)/bin/python || $(PYTHON) -m venv $(AWS_VENV)
	@$(AWS_VENV)/bin/python $(INSTALL) -r requirements-aws-local.txt
	@touch $@

# face_recognition asks for the package dlib, which would be compiled: dlib-bin is the same, so nothing is looked up for it.
$(BENCH_READY): requirements-bench.txt
	@echo "Installing what the bench compares with into $(BENCH_VENV) (once; a minute) …"
	@test -x $(BENCH_VENV)/bin/python || $(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python $(INSTALL) --no-deps -r requirements-bench.txt
	@touch $@

.env: | $(RUN_READY)
	@umask 077 && $(BIN)/python -c 'import pathlib, secrets; \
	text = pathlib.Path(".env.example").read_text("utf-8"); \
	text = text.replace("\nSECRET_KEY=\n", "\nSECRET_KEY=" + secrets.token_urlsafe(50) + "\n"); \
	text = text.replace("\n# DEMO=false\n", "\nDEMO=true\n").replace("\n# HTTPS=true\n", "\nHTTPS=false\n"); \
	pathlib.Path(".env").write_text(text, "utf-8")'
	@echo "Wrote .env: the demo's settings, with a secret of its own."

setup: $(DEV_READY) languages .env ## install everything into .venv, write .env

# -- Translating it ---------------------------------------------------------------------------------------------------

messages: $(DEV_READY) ## take new sentences into locale/, say what is not translated
	@mkdir -p var
	@$(BABEL) extract
	@$(BABEL) update
	@$(BIN)/python -m portal.translations

languages: $(COMPILED)

# Whole or not at all: a running portal may be reading it.
%.mo: %.po | $(RUN_READY)
	@$(BABEL) compile --input-file $< --output-file $@.unfinished
	@mv $@.unfinished $@

# -- Trying it --------------------------------------------------------------------------------------------------------

run: languages .env ## the portal with the demo school at http://127.0.0.1:8000 (PORT=… for another port)
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) collectstatic --noinput --verbosity 0
	@$(MANAGE) seed_demo --url http://127.0.0.1:$(PORT)
	@echo "Stop with Ctrl-C."
	@$(MANAGE) worker & worker=$$!; \
	$(BIN)/python -m waitress --listen=127.0.0.1:$(PORT) --threads=8 portal.wsgi:application & web=$$!; \
	trap 'kill $$web $$worker 2>/dev/null; wait $$web $$worker 2>/dev/null; exit 0' INT TERM; \
	wait $$web; status=$$?; kill $$worker 2>/dev/null; wait $$worker; exit $$status

demo: languages ## the main job without a server: two class photos become a register, printed
	@rm -rf var/demo
	@$(THROWAWAY) $(MANAGE) migrate --verbosity 0
	@$(THROWAWAY) $(MANAGE) demo

aws-local: $(DEV_READY) $(AWS_READY) ## Rekognition, DynamoDB and S3 on this machine, until Ctrl-C; prints the settings for them
	@$(BIN)/python -m tests.aws

aws-demo: languages $(DEV_READY) $(AWS_READY) ## the portal with the demo school on those servers, at http://127.0.0.1:8000
	@$(BIN)/python -m tests.aws.demo --port $(PORT)

cluster: languages $(DEV_READY) postgresql redis nginx ## two webs, two workers, PostgreSQL, a cache and nginx, as compose.yaml says, with the demo
	@$(BIN)/python -m tests.cluster

aws-local-setup: $(AWS_READY)

bench-setup: $(BENCH_READY) ## what bench/against.py and bench/gallery.py compare us with

# -- Testing it -------------------------------------------------------------------------------------------------------

# What `make test-thorough` alone runs, every address and page in one way or another: the others need not read it.
SWEEPS := tests/test_growth.py tests/test_admin_walls.py tests/test_hostile_values.py tests/test_translated_pages.py \
	tests/attendance/api/test_schema.py

test: $(AWS_READY) check test-fast test-pages test-aws test-browser ## everything that CI runs

servers: $(AWS_READY) postgresql redis nginx chromium ## what the tests start besides the portal; installs what is missing

check: lint types contracts migrations ## the checks alone: style, types, import contracts, migrations

lint: $(DEV_READY) ## style, without changing anything
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(DEV_READY) ## put the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(DEV_READY) ## static types
	@$(CHECKS) $(BIN)/mypy .

contracts: $(DEV_READY) ## who may import whom
	@$(CHECKS) $(BIN)/lint-imports

migrations: $(DEV_READY) ## the models have their migrations, the system checks pass
	@$(CHECKS) $(MANAGE) makemigrations --check --dry-run
	@$(CHECKS) $(BIN)/python -m tests.migrations_lint
	@$(CHECKS) $(MANAGE) check --fail-level WARNING

test-fast: $(DEV_READY) ## unit and contract tests alone: what one runs while working
	@DEMO=false $(BIN)/pytest -q -n $(JOBS) --dist loadfile --hypothesis-profile=working \
		-m "not thorough and not pages and not aws_local" \
		$(addprefix --ignore=,tests/browser tests/aws $(SWEEPS))

test-pages: $(DEV_READY) ## what asks for pages or calls the API, every address for every kind of visitor among it
	@DEMO=false $(BIN)/pytest -q -n $(JOBS) --dist worksteal --hypothesis-profile=working \
		-m "pages and not thorough and not aws_local" \
		$(addprefix --ignore=,tests/browser tests/aws $(SWEEPS))

test-aws: $(DEV_READY) $(AWS_READY) postgresql ## the portal on the local Rekognition, DynamoDB and S3, and those themselves
	@DEMO=false $(BIN)/pytest -q -n $(JOBS) --dist loadgroup -m "not live and not thorough" tests/aws

test-browser: $(DEV_READY) chromium ## the pages in a real Chromium: of each the main thing
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m "not thorough" tests/browser

test-postgresql: $(DEV_READY) postgresql ## what two databases may differ in, on PostgreSQL instead of SQLite
	@JOBS=$(JOBS) $(BIN)/python -m tests.postgresql
	@JOBS=$(JOBS) $(BIN)/python -m tests.postgresql --walled

test-thorough: $(DEV_READY) $(AWS_READY) postgresql chromium ## what takes longest: every page in every width, each crash on AWS
	@DEMO=false $(BIN)/pytest -q -n $(JOBS) -m "thorough or hypothesis or aws_local" --ignore=tests/browser --ignore=tests/aws
	@$(BIN)/pytest -q -n $(JOBS) --dist loadfile -m thorough tests/browser
	@DEMO=false $(BIN)/pytest -q -n $(JOBS) --dist loadgroup -m thorough tests/aws
	@JOBS=$(JOBS) $(BIN)/python -m tests.postgresql --short

mutants: $(DEV_READY) ## changes of the code that no test notices; MODULES="attendance/domain/joint.py …" for some
	@$(BIN)/python -m tests.mutants $(MODULES)

# $(call install,what it is,its packages,what is said where nothing may be installed,and done then)
define install
echo "Installing $(1) …"; \
	if [ "$$(id -u)" = 0 ]; then apt-get update -qq && apt-get install -qq -y $(2) >/dev/null; \
	elif sudo -n true 2>/dev/null; then sudo apt-get update -qq && sudo apt-get install -qq -y $(2) >/dev/null; \
	else echo "$(3)"; $(4) fi
endef

postgresql:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null && exit 0; \
	$(call install,PostgreSQL for the tests of several web processes,postgresql,PostgreSQL is missing: those tests run on SQLite instead.,)

redis:
	@command -v redis-server >/dev/null && exit 0; \
	$(call install,Redis for the tests of the shared cache,redis-server,redis-server is missing: those tests are skipped.,)

nginx:
	@command -v nginx >/dev/null || ls /usr/sbin/nginx >/dev/null 2>&1 && exit 0; \
	$(call install,nginx for the tests of the portal behind a proxy,nginx-light,nginx is missing: those tests are skipped.,)

chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	$(call install,Chromium for the browser tests,chromium,Chromium is missing. Install it (sudo apt-get install chromium) and try again.,exit 1;)

browsers: ## Firefox and WebKit, for the main path in other browsers than Chromium; without them those tests are skipped
	@command -v firefox-esr firefox >/dev/null && command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null && exit 0; \
	$(call install,Firefox and WebKit for the main path in other browsers,firefox-esr webkit2gtk-driver xvfb,Firefox or WebKit is missing: those tests are skipped.,)

# -- Dependencies of a real installation ------------------------------------------------------------------------------

lock: $(DEV_READY) ## write requirements.lock: exact versions with hashes
	@$(BIN)/python -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock requirements-production.txt

audit: $(DEV_READY) ## known faults of what is locked, where the advisory database can be reached
	@said=$$($(BIN)/pip-audit --progress-spinner off --disable-pip --require-hashes -r requirements.lock 2>&1); status=$$?; \
	echo "$$said"; if echo "$$said" | grep -qE "could not be audited|Error"; then \
	echo "The advisory database cannot be reached from here, or does not know all of it: not everything was audited."; \
	exit 2; fi; exit $$status

# -- Measuring it -----------------------------------------------------------------------------------------------------

bench: $(DEV_READY) $(BENCH_READY) ## measure; writes bench/results.json and bench/RESULTS.md
	@$(BIN)/python bench/run.py

clean: ## remove the demo's and the checks' data, caches and collected static files; not .env, not var/portal.sqlite3
	@rm -rf var/demo var/checks var/static .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
