# Everything runs in .venv, which is made from requirements-dev.lock on first use.
# Needed beforehand: make, and uv or Python >= 3.11 with its venv module.

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.stamp-installed
# Four worker processes keep two cores busy, as many tests wait; WORKERS=0 runs everything in one.
WORKERS ?= 4
# Where there is room in memory, and programs may run there, thousands of small databases wait for no disk.
MEMORY := $(shell f=$$(mktemp /dev/shm/cascadewatch.XXXXXX 2>/dev/null) && echo 'exit 0' >"$$f" && chmod +x "$$f" && \
	"$$f" && df -k /dev/shm | awk 'NR == 2 && $$4 > 4000000 { print "/dev/shm" }'; rm -f "$$f")
BENCHES := bench/ingest.py bench/queries.py bench/startup.py bench/replay.py bench/pages.py bench/growth.py bench/emit.py

# Behind a company's proxy the certificates that count are the system's.
export UV_SYSTEM_CERTS := true
# Tests start thousands of processes: where the environment forbids to keep bytecode, each would compile all it imports.
export PYTHONDONTWRITEBYTECODE :=

COMPILE := uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench soak lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(INSTALLED) ## Start the dashboard with 30 days of recorded data
	$(VENV)/bin/cascadewatch demo

test: $(INSTALLED) ## Run all tests
	$(if $(MEMORY),TMPDIR=$(MEMORY)) $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(INSTALLED) ## Check style, formatting and types
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy

bench: $(INSTALLED) ## Measure speed (BENCHES=bench/one.py for one of them)
	@set -e; for bench in $(BENCHES); do echo "== $$bench"; $(PYTHON) $$bench; done

soak: $(INSTALLED) ## Run the long tests that `make test` leaves out
	$(PYTHON) -m pytest -m soak --timeout 0 -p tests.soaking -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--verbose --durations=15

lock: ## Renew the lock files (needs uv; UPGRADE=1 takes newer versions)
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock

$(INSTALLED): requirements-dev.lock pyproject.toml
	@$(MAKE_VENV)
	@$(INSTALL)
	@touch $@

# The first Python that is new enough. `exit 1` after a sentence: nothing else is worth reading then.
define MAKE_VENV
set -e; \
if [ -x $(PYTHON) ]; then \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(VENV) holds a Python older than 3.11: delete $(VENV) and run make again." >&2; exit 1; }; \
elif command -v uv >/dev/null; then \
	uv venv --quiet --python '>=3.11' $(VENV) || { \
		echo "uv found no Python >= 3.11: run 'uv python install' first." >&2; exit 1; }; \
else \
	for name in python3 python3.13 python3.12 python3.11; do \
		command -v $$name >/dev/null || continue; \
		$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { found=$$name; break; }; \
	done; \
	[ -n "$$found" ] || { \
		echo "cascadewatch needs Python >= 3.11: install it, or install uv." >&2; exit 1; }; \
	$$found -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python cannot make virtual environments: apt install python3-venv, or install uv." >&2; exit 1; }; \
	$$found -m venv $(VENV); \
fi
endef

define INSTALL
set -e; \
echo "Installing into $(VENV): seconds with uv, a minute or two with pip ..."; \
if command -v uv >/dev/null; then \
	install="uv pip install --quiet --python $(PYTHON)"; \
else \
	install="$(PYTHON) -m pip install --quiet --disable-pip-version-check"; \
fi; \
$$install --require-hashes -r requirements-dev.lock; \
$$install --no-deps --no-build-isolation -e .
endef
