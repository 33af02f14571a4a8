# make report   the whole report, from the extracts named in config.yaml
# make test     everything that is checked on every change
# make trace    how a number came to be: ID=7.10/site_3/value_total, a ledger id or a printed number; RECORDS=1 lists lines
#               and what rests on ID=setting.<path of config.yaml>, constant.<name> or extract.<name>
# make verify   names every file of a run that was altered, is missing or was added since its run record; RUN=name
# make compare  what changed from run A to run B, and why
# STUDY=folder  another study: a folder with its own config.yaml; its results go there too
# CORES=n       how many jobs side by side (default: all)
# TESTERS=n     how many tests side by side (default: 2)

STUDY ?= .
CORES ?= all
TESTERS ?= 2
VENV := .venv
export PYTHONPATH := workflow/plugins:workflow/scripts
export STUDY RUN ID A B # recipes take them from the environment: whatever stands in a name, the shell does not read it
RUN_SNAKEMAKE = $(VENV)/bin/snakemake --snakefile Snakefile --directory="$$STUDY" --cores $(CORES) \
	--workflow-profile workflow/profiles/default

.PHONY: report test checkers trace verify compare lint bench bench-national pages lock clean

report: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/verify.py --study="$$STUDY" --set-aside
	@$(RUN_SNAKEMAKE)

test: $(VENV)/ready lint checkers
	@$(VENV)/bin/pytest --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder

trace: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/trace.py --study="$$STUDY" --run="$$RUN" $(if $(filter-out 0,$(RECORDS)),--records) \
		-- "$$ID"

verify: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/verify.py --study="$$STUDY" --run="$$RUN"

compare: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/compare.py --study="$$STUDY" -- "$$A" "$$B"

# The checkers that some tests drive: a browser, veraPDF, vnu. Without them those tests are skipped.
checkers: $(VENV)/ready
	@tests/support/checkers/fetch.sh .checkers $(VENV)/bin/pip

lint: $(VENV)/ready
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/snakefmt --check Snakefile workflow/rules
	@$(VENV)/bin/lint-imports --no-cache
	@$(VENV)/bin/python tests/support/snakemake_lint.py

bench: $(VENV)/ready
	@$(VENV)/bin/python tests/support/bench.py report

bench-national: $(VENV)/ready
	@$(VENV)/bin/python tests/support/bench.py national

$(VENV)/ready: requirements.lock setup.sh
	@./setup.sh $(VENV)

# Writes docs/settings.md, docs/extracts.md and docs/templates/ from the declarations.
pages: $(VENV)/ready
	@$(VENV)/bin/python workflow/tools/pages.py

# Renews the lock file: names, versions and hashes, no addresses.
lock: $(VENV)/ready
	@$(VENV)/bin/pip install --quiet uv
	@$(VENV)/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --upgrade --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .snakemake .pytest_cache .ruff_cache .hypothesis results bench .checkers
