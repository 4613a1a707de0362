# make run      set everything up and start Lifeline with a demonstration round (PORT=8001 make run)
# make test     set everything up and run the tests (make test ARGS="tests/parcels -x")
# make faults   the product under a storm of faults (make faults ARGS="--faults 300 --seed 7 --parcels 2000")
# make faults-teeth  does that find bugs that are known? (make faults-teeth ARGS=sweep-off: one of them)
# make check    format, lint, types, contracts, migrations, translations, register, deployment, secrets, weaknesses
# make bench    set everything up and measure all (make bench ARGS="lookup --parcels 10000": one of them)
# make sbom     the bill of materials, CycloneDX JSON, into var/sbom.cdx.json
# make lock     pin the requirements (make lock ARGS=--upgrade: at their newest)
.PHONY: run test faults faults-teeth check bench sbom lock chromium
PYTHON_IN_VENV = .venv/bin/python
ARGS ?=
# Each process starts servers of its own, so with DATABASE_URL or REDIS_URL there is one.
PARALLEL = $(if $(DATABASE_URL)$(REDIS_URL),,--numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder)
AS_PUBLIC = HTTPS=1 TRUSTED_PROXIES=1 ALLOWED_HOSTS=lifeline.example PUBLIC_URL=https://lifeline.example

run:
	@requirements/install run
	@$(PYTHON_IN_VENV) manage.py up $(ARGS)

test: chromium
	@requirements/install test
	@$(PYTHON_IN_VENV) -m pytest $(PARALLEL) $(ARGS)

faults:
	@requirements/install test
	@$(PYTHON_IN_VENV) -m faults $(ARGS)

faults-teeth:
	@requirements/install test
	@$(PYTHON_IN_VENV) -m faults.teeth $(ARGS)

check:
	@requirements/install test
	.venv/bin/ruff format --check --quiet --output-format concise .
	.venv/bin/ruff check --quiet --output-format concise .
	.venv/bin/mypy --no-error-summary
	.venv/bin/lint-imports
	$(PYTHON_IN_VENV) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PYTHON_IN_VENV) -m config.messages --check
	$(PYTHON_IN_VENV) -m config.register --check
	$(AS_PUBLIC) $(PYTHON_IN_VENV) manage.py check --deploy --fail-level WARNING >/dev/null
	$(PYTHON_IN_VENV) -m config.supply.leaks
	$(PYTHON_IN_VENV) -m config.supply.advisories

sbom:
	@requirements/install run
	$(PYTHON_IN_VENV) -m config.supply.sbom var/sbom.cdx.json

bench:
	@requirements/install bench
	@$(if $(ARGS),,$(PYTHON_IN_VENV) manage.py bench advance && $(PYTHON_IN_VENV) manage.py bench import --memory &&) \
	  $(PYTHON_IN_VENV) manage.py bench $(or $(ARGS),lookup)

# For the browser tests. Without it, and without the right to install it, `make test` leaves those out and says so.
chromium:
	@[ -n "$(CHROMIUM)" ] || command -v chromium chromium-headless-shell >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq \
	    && DEBIAN_FRONTEND=noninteractive apt-get install -qqy --no-install-recommends chromium >/dev/null; } \
	  || true

UV = $(shell command -v uv || echo var/uv/bin/uv)
PIN = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate $(ARGS)

lock: $(UV)
	$(PIN) requirements/run.in -o requirements/run.txt
	$(PIN) requirements/test.in -c requirements/run.txt -o requirements/test.txt
	$(PIN) requirements/bench.in -c requirements/test.txt -o requirements/bench.txt

var/uv/bin/uv:
	@requirements/install run
	$(PYTHON_IN_VENV) -m venv var/uv
	var/uv/bin/pip install --quiet --disable-pip-version-check uv
