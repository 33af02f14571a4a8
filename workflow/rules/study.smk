"""The study: its config, read and checked before anything else, and what follows from it."""

import sys
from pathlib import Path

import yaml
from snakemake.jobs import Job

# The project's folder, of which this file is a part whoever uses it as a module; where the study has a folder of its
# own, by the whole path: a copy of the study then reruns nothing.
PROJECT = Path(str(workflow.current_basedir)).parents[1]
BASE = Path() if Path.cwd().samefile(PROJECT) else PROJECT
sys.path.insert(0, str(BASE / "workflow" / "scripts"))

from dscp.config.checked import checked, read_config, refuse_other_settings
from dscp.config.schema import config_schema, meanings
from dscp.measures.needs import RULES, lacking
from dscp.measures.registry import DEFAULT, MEASURES, chosen
from dscp.run.made import distrust
from dscp.run.plan import TOKEN, Plan, still
from dscp.run.stopping import jobs_end_with_this_process
from dscp.study.choices import choices
from dscp.study.kinds import REBUILT, REFERENCE, REVIEWED, SUBMITTED, compared, reviewed, under_a_policy
from dscp.study.reports import report_of

CONFIG_FILE = "config.yaml"


async def leave(job, skip_outputs):
    """What a job's process does where the job failed: nothing. The run clears up; here may be files of another one."""


def removing(of_snakemake):
    """Removal of what a job makes anew, for a job's process: not once its run is over, when they are another one's."""

    async def remove(job):
        still()
        await of_snakemake(job)

    return remove


PLANS = workflow.is_main_process  # else this process does a job of a run that another one planned
HANDED_ON = workflow.config_settings.overwrite_config  # where jobs run, and by the run that plans to its jobs its token
moved = workflow.modifier.path_modifier
others = {name: value for name, value in config.items() if name not in ["local_rules", *([] if PLANS else [TOKEN])]}
refuse_other_settings(others, bool(moved.prefix or moved.modifies_prefixes))
GIVEN = read_config(CONFIG_FILE)
SCHEMA = config_schema(BASE, GIVEN)
STUDY = checked(GIVEN, CONFIG_FILE, SCHEMA)
REPORT = report_of(STUDY)

RUN = f"results/{STUDY['run']}"
PLAN = Plan(Path(RUN), "" if PLANS else str(HANDED_ON.get(TOKEN)))
if PLANS:
    distrust(Path())
    workflow.config_settings.config_args = [*(workflow.config_settings.config_args or []), f"{TOKEN}={PLAN.token}"]
else:
    jobs_end_with_this_process()
    Job.cleanup, Job.remove_existing_output = leave, removing(Job.remove_existing_output)
POLICY = STUDY.get("disclosure", "none")
EXTRACTS = list(STUDY["extracts"])
PARTS = [rule for rule in RULES if not lacking([rule], STUDY)]  # the rules that compute what the study has extracts for
STATED = list(REPORT.stated)
PUBLISHED_RUN = compared(STUDY)
REVIEWED_RUN = reviewed(STUDY)
SITES = [name for name, site in STUDY["sites"].items() if site.get("analysed", True)]


def pick(settings, *names):
    """Those that there are of a group of settings: a change elsewhere in the config does not rerun the rule."""
    return {name: settings[name] for name in names if name in settings}


def study(*parts):
    """The parts of the config that a rule uses."""
    return pick(STUDY, *parts)


def unprinted(value):
    """A part of the config without labels and in one order, for rules that print nothing: neither reruns them."""
    if isinstance(value, dict):
        return {name: unprinted(value[name]) for name in sorted(value, key=str) if name != "label"}
    return value


def measures(rule=""):
    """Names of the study's measures that can be computed; of one rule those that have clients or counts of their own."""
    found = chosen(STUDY.get("measures", DEFAULT), STUDY["extracts"], rule)
    return [measure.name for measure in found if measure.of_its_own or not rule]


HELD = {"extracts": EXTRACTS, "measures": measures()}  # what exhibits and figures ask for
