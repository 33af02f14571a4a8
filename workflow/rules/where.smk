"""Where jobs run, and what they ask for: memory and time by the size of their inputs; short ones stay where the run began.

A profile chooses the executor (docs/elsewhere.md). On the machine where a run begins nothing of this is looked at.
"""

from pathlib import PurePosixPath

from dscp.run.asked import asked, local_ones

IN_PROFILE = workflow.resource_settings._parsed_overwrite_resources  # what a site sets for one rule goes first
SCRIPTED = {one.name: one for one in own_rules() if one.script}
NAMED = {name: PurePosixPath(one.script).stem for name, one in SCRIPTED.items()}  # a module may call rules otherwise

for name, one in SCRIPTED.items():
    one.resources.update(asked(NAMED[name]))
    one.resources.update(IN_PROFILE.get(name, {}))

KEPT_HERE = local_ones(
    {NAMED[name]: [path for path in one.input if not callable(path)] for name, one in SCRIPTED.items()},
    [path for name in EXTRACTS for path in extract_paths(name)],
    str(HANDED_ON.get("local_rules", "short")),
)
workflow.localrules(*(name for name in SCRIPTED if NAMED[name] in KEPT_HERE))
