# `make run` is all that a newcomer needs; `make help` tells the rest.

PYTHON ?= python3
PORT ?= 8000
ROWS ?= 100000
GUESTS ?= 100000
BIN := .venv/bin
CODE := config core guests imports loyalty visits tests tools manage.py
export PORT ROWS GUESTS

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types style directions fmt check migrations deployment bench-growth bench-import bench-ledger bench-list torture lock

help: ## List what make can do here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready ## Make .venv ready; start nothing

.venv/.ready: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "Regulars needs Python 3.11 or newer, and there is no $(PYTHON) here."; exit 1; }
	@$(PYTHON) tools/setup.py

run: setup ## Set up all there is, with a demo company, and serve it at http://127.0.0.1:$PORT
	@case "$(PORT)" in *[!0-9]*) echo "PORT is a number, not $(PORT)."; exit 1;; esac
	@exec $(BIN)/python manage.py start --demo

test: setup ## Run the whole suite, on every database that can be reached
	@$(BIN)/python tools/test.py $(ARGS)

lint: types style directions ## Look for faults without running anything: types, style, templates, import directions

types: setup
	@$(BIN)/mypy

style: setup
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@git ls-files -z 'templates/*.html' | xargs -0 $(BIN)/djade --target-version 5.2 --check

directions: setup
	@$(BIN)/lint-imports --no-logo

fmt: setup ## Write code and templates the way the house does
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	@git ls-files -z 'templates/*.html' | xargs -0 $(BIN)/djade --target-version 5.2

check: lint migrations deployment ## All that CI looks at before the tests: lint, migrations, Django's deployment checks

migrations: setup
	@$(BIN)/python manage.py makemigrations --check --dry-run

deployment: setup
	@DATABASE_URL= REDIS_URL= DEBUG=0 BEHIND_PROXY=1 BASE_URL=https://regulars.example \
		ALLOWED_HOSTS=regulars.example MAIL_DOMAIN=regulars.example \
		SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(60))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

bench-growth: setup ## Measure how much slower the list of LARGE guests is than that of SMALL
	@$(BIN)/python -m tests.bench.bench_growth

bench-import: setup ## Measure the import of ROWS guests
	@$(BIN)/python -m tests.bench.bench_import

bench-ledger: setup ## Measure a credit by click with ENTRIES entries in the table
	@$(BIN)/python -m tests.bench.bench_ledger

bench-list: setup ## Measure the list of GUESTS guests beside Django's admin
	@$(BIN)/python -m tests.bench.bench_list

torture: setup ## Kill, cut and flood the import twenty times, or TORTURE times
	@$(BIN)/python tools/test.py --torture $(ARGS)

lock: setup ## Renew constraints.txt to the newest versions that pyproject.toml allows
	@$(BIN)/python tools/lock.py
