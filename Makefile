# The menu: bare `make` prints it, from the lines marked ##. Every target first sets up what it needs.
PYTHON ?= python3
VENV := .venv
LOWEST := .venv-lowest
RUN_PYTHON := $(VENV)/bin/python
COMMAND = $(RUN_PYTHON) -m vanishing_gradients
COMPLETE := $(VENV)/requirements.sha256

MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up down migrate view data train gallery experiments new runs drop summarize sql url figures live compare diagnose remedy audit report verify test test-faults test-lowest test-peers test-seekdb torch browser lint bench clean

# Values reach the commands through the environment, never through the text of a recipe: a quote or a semicolon in one
# is only a character. make itself would read a $ in a value given on its command line; `value` keeps it as typed.
VARIABLES := EXP DATASET EPOCHS SEED SEEDS PRECISION LIMIT TELEMETRY RECORD_EVERY RESUME PATIENCE RUN RUNS YES KEEP PART NAME NORMS ROAD \
	SERVER ROLE FORMAT OUTPUT DATA_DIR SERVER_DIR DATABASE_URL READER_DATABASE_URL TEST_DATABASE_URL MYSQL_PORT \
	PORT HOST TOKEN SCHEDULER
SETTINGS := PYTHON VENV ALL
OWN_NAMES := RUN_PYTHON LOWEST MAKE MAKEFLAGS MFLAGS GNUMAKEFLAGS MAKEFILES MAKEOVERRIDES MAKELEVEL SHELL .SHELLFLAGS VPATH

# An unknown name is refused; a name that the goal does not read gets a warning. The environment is left alone.
GIVEN := $(strip $(foreach name,$(.VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),$(name))))
ifneq ($(GIVEN),)
quoted = '$(subst ','\'',$(1))'
SAID := $(shell $(PYTHON) tools/variables.py $(foreach word,$(MAKECMDGOALS) -- $(GIVEN),$(call quoted,$(word))))
UNKNOWN := $(firstword $(filter-out $(VARIABLES) $(SETTINGS) $(OWN_NAMES),$(GIVEN)))
$(if $(UNKNOWN),$(error $(or $(SAID),There is no variable $(UNKNOWN))))
endif
$(foreach name,$(VARIABLES),$(if $(filter command,$(firstword $(origin $(name)))),\
	$(eval override $(name) := $$(value $(name)))$(eval export $(name))))

# $(call option,EXP,exp) is --exp=... if EXP is set, and nothing otherwise.
option = $${$(1):+--$(2)="$$$(1)"}

# If the reader closes the pipe, as head does, make stays silent.
ENOUGH = { status=$$?; test $$status -eq 141 || exit $$status; }

help:
	@menu=$$($(MAKE) menu) && env printf '%s\n' "$$menu" || $(ENOUGH)

.PHONY: menu
menu:
	@echo 'From a fresh machine: make up && make train EXP=sigmoid_sgd && make figures'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## */  make \1	/p' Makefile | expand -t 20
	@echo
	@echo 'EXP is an experiment that make experiments lists, all (the paper'"'"'s four), gallery, or a TOML file. The rest:'
	@echo '  DATASET (auto, mnist, fashion-mnist, sample, mnist-shuffled, or a path: docs/datasets.md)  EPOCHS  SEED  SEEDS'
	@echo '  PRECISION (double, single)  LIMIT  TELEMETRY (full, statistics)  RECORD_EVERY  RESUME (1)  PATIENCE'
	@echo '  ROAD (auto, binary, text, insert)  DATA_DIR  SERVER (auto, docker, local)'
	@echo '  SCHEDULER (train, gallery: a Dask cluster, tcp://host:8786)'
	@echo '  RUN (train, drop, summarize, figures, diagnose, remedy, report)  RUNS (compare: 3,relu_sgd)'
	@echo '  YES (drop: 1)  KEEP (drop: statistics)  PART (bench: step, server, watch, diagnosis, live)  NORMS (migrate: 1)'
	@echo '  PORT (live: 8050)  HOST, TOKEN (live, from other machines: an address of this one, and the word to open it)'
	@echo '  ROLE (url: owner)  FORMAT (url: sqlalchemy)  ALL (clean: 1)  OUTPUT (figures, report ...: folder)'
	@echo '  DATABASE_URL (mysql://user:password@host:3306/gradients: a server of your own)'

$(COMPLETE): requirements.lock tools/bootstrap.py
	@$(PYTHON) tools/bootstrap.py

up: $(COMPLETE) ## find or start the server, and migrate the database
	@$(COMMAND) up $(call option,SERVER,server) >&2

down: $(COMPLETE) ## stop every server that up started here; the data stay
	@$(COMMAND) down

migrate: up ## migrate the database (part of up), and compute small norms that older tables lack (NORMS=1)
	@test -z "$$NORMS" || $(COMMAND) migrate $(call option,NORMS,norms)

view: $(COMPLETE) ## write the next version of a view (NAME), or the first, and its migration
	@$(COMMAND) view $(call option,NAME,name)

data: $(COMPLETE) ## download and check a data set (DATASET)
	@$(COMMAND) data $(call option,DATASET,dataset) $(call option,DATA_DIR,data-dir)

train: up ## train an experiment (EXP) and record every gradient
	@$(COMMAND) train $(call option,EXP,exp) $(call option,DATASET,dataset) \
	  $(call option,EPOCHS,epochs) $(call option,SEED,seed) $(call option,SEEDS,seeds) \
	  $(call option,PRECISION,precision) $(call option,LIMIT,limit) $(call option,TELEMETRY,telemetry) \
	  $(call option,RECORD_EVERY,record-every) $(call option,DATA_DIR,data-dir) \
	  $(call option,RESUME,resume) $(call option,RUN,run) $(call option,PATIENCE,patience) $(call option,ROAD,road) \
	  $(call option,SCHEDULER,scheduler)

gallery: up ## train the paper's four and the gallery (statistics alone), and draw the comparison
	@$(COMMAND) gallery $(call option,DATASET,dataset) $(call option,EPOCHS,epochs) \
	  $(call option,SEED,seed) $(call option,SEEDS,seeds) $(call option,PRECISION,precision) \
	  $(call option,LIMIT,limit) $(call option,DATA_DIR,data-dir) $(call option,OUTPUT,output) \
	  $(call option,SCHEDULER,scheduler)

experiments: $(COMPLETE) ## list the built-in experiments, one per line
	@$(COMMAND) experiments || $(ENOUGH)

new: $(COMPLETE) ## write the commented file of your own experiment (EXP=name)
	@$(COMMAND) new $(call option,EXP,exp)

runs: up ## list all runs and the space each takes
	@$(COMMAND) runs || $(ENOUGH)

drop: up ## remove a run (RUN), or only its rows (KEEP=statistics), and free the space; asks (YES=1: not)
	@$(COMMAND) drop $(call option,RUN,run) $(call option,KEEP,keep) $(if $(filter-out 0 no false,$(YES)),--yes)

summarize: up ## compute noise scales and histograms for runs (or RUN) of older versions, from their cells
	@$(COMMAND) summarize $(call option,RUN,run)

sql: up ## open an SQL client as reader; or run piped SQL: echo 'SELECT 1' | make sql
	@$(COMMAND) sql || $(ENOUGH)

url: up ## print the reader's address for SQL clients (ROLE=owner: the owner's; FORMAT=sqlalchemy: pandas)
	@$(COMMAND) url $(call option,ROLE,role) $(call option,FORMAT,format) || $(ENOUGH)

figures: up ## draw the figures of every finished run (or of RUN, or EXP)
	@$(COMMAND) figures $(call option,RUN,run) $(call option,EXP,exp) $(call option,OUTPUT,output)

live: up ## serve a page that follows runs while they train (PORT; HOST and TOKEN: for other machines)
	@$(COMMAND) live $(call option,PORT,port) $(if $(filter HOST,$(GIVEN)),$(call option,HOST,host))

compare: up ## compare runs side by side (RUNS=3,7,9, or names: RUNS=relu_sgd,7): compare/index.html
	@$(COMMAND) compare $(call option,RUNS,runs) $(call option,OUTPUT,output) || $(ENOUGH)

diagnose: up ## say in words what is wrong with a run (RUN, or EXP's newest, or the newest), and what to try
	@$(COMMAND) diagnose $(call option,RUN,run) $(call option,EXP,exp) || $(ENOUGH)

remedy: up ## try each remedy of a run's diagnosis for a few epochs (RUN, or EXP's newest, or the newest)
	@$(COMMAND) remedy $(call option,RUN,run) $(call option,EXP,exp) $(call option,EPOCHS,epochs) \
	  $(call option,DATA_DIR,data-dir) $(call option,OUTPUT,output) || $(ENOUGH)

audit: up ## test every claim of the paper against the rows; a table, and report/audit.csv
	@$(COMMAND) audit $(call option,OUTPUT,output) || $(ENOUGH)

report: up ## the paper next to the rows, on one page: report/report.html (RUN: show that run too)
	@$(COMMAND) report $(call option,RUN,run) $(call option,OUTPUT,output)

verify: up ## recompute finished runs from their raw rows (or RUN, or EXP's); fails if they disagree
	@$(COMMAND) verify $(call option,RUN,run) $(call option,EXP,exp)

test: $(COMPLETE) ## run all tests, against a real server
	@$(RUN_PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test-faults: $(COMPLETE) ## run the long tests of faults: kills, outages, full disks, fuzzed files (15 min)
	@HYPOTHESIS_PROFILE=thorough $(RUN_PYTHON) -m pytest -m 'faults or not faults' tests/faults tests/security \
	  tests/datasets tests/experiments tests/diagnosis tests/migrations tests/analysis/test_stopped_drawing.py \
	  tests/telemetry/removal tests/live/test_memory.py tests/bench/test_watch.py

test-lowest: $(COMPLETE) ## run tests with the lowest versions of packages that pyproject.toml allows
	@$(RUN_PYTHON) tools/lowest.py
	@$(LOWEST)/bin/python -m pytest tests/network tests/telemetry tests/views

# What differs between servers: brands, every migration, rows on each road, removal, and the values of every view.
ON_SEEKDB := $(addprefix tests/,engines sql/test_brands.py sql/test_meeting.py telemetry/test_loader.py \
	telemetry/removal/test_rows.py)

test-peers: $(COMPLETE) ## install Lightning, Transformers, Keras and JAX; run the adapters and examples with them (5 min)
	@$(RUN_PYTHON) -m pip install --quiet --no-build-isolation --editable '.[peers]' || \
	  echo 'Not all libraries are available: the tests of missing ones are skipped.' >&2
	@$(RUN_PYTHON) -m pytest -m peers tests/peers

test-seekdb: $(COMPLETE) ## install and start seekdb, OceanBase in one process; test what differs there (as root; 5 min)
	@$(RUN_PYTHON) tools/seekdb.py $(RUN_PYTHON) -m pytest $(ON_SEEKDB)

torch: $(COMPLETE) ## install PyTorch, which tests and bench compare with (a CPU build will do)
	@$(RUN_PYTHON) -m pip install --no-build-isolation --editable '.[torch]'

browser: $(COMPLETE) ## install playwright, with which tests open the live page in this machine's Chromium
	@$(RUN_PYTHON) -m pip install --no-build-isolation --editable '.[browser]'

lint: $(COMPLETE) ## check style, formatting and types
	@$(RUN_PYTHON) -m ruff check .
	@$(RUN_PYTHON) -m ruff format --check .
	@mkdir -p $(VENV)/mypy && ln -sfn ../.. $(VENV)/mypy/vanishing_gradients
	@$(RUN_PYTHON) -m mypy

# A training step needs no server.
bench: $(if $(filter step,$(PART)),$(COMPLETE),up) ## measure a training step (PART=step: 1 min), and whole runs (10 min; EPOCHS=1: 3)
	@$(RUN_PYTHON) -m bench $(call option,PART,part) $(call option,EPOCHS,epochs) \
	  $(call option,PRECISION,precision) $(call option,DATASET,dataset) $(call option,DATA_DIR,data-dir) \
	  $(call option,SEEDS,seeds)

clean: ## delete figures, pages, report and caches (ALL=1: also our servers, their data and .venv)
ifneq ($(filter-out 0 no false,$(ALL)),)
	@if [ -d "$${SERVER_DIR:-.server}" ] || [ -x $(RUN_PYTHON) ] || docker volume ls -q 2>/dev/null | grep -q '^gradients-'; \
	then $(MAKE) --silent $(COMPLETE); fi
	@if [ -x $(RUN_PYTHON) ]; then $(COMMAND) down --delete; fi
	@if [ -d $(VENV) ]; then rm -rf $(VENV) && echo 'Deleted $(VENV).' >&2; fi
	@rm -rf $(LOWEST) *.egg-info
endif
	@rm -rf figures report compare gallery remedies build .pytest_cache .ruff_cache .mypy_cache .hypothesis
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
