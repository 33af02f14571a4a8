"""Rule attached_record: the part of the run record that travels inside the PDF, so that this file alone is enough.

It holds nothing that differs between two runs of the same code on the same extracts: else the PDF's bytes would too.
What it leaves out (times, the commit, keyed checksums of confidential files, the PDF's own job) is in the run record
beside the PDF.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import packages_distributions, version
from pathlib import Path

from dscp.record.crate import Facts, as_text, combined, is_confidential, reproducible, sha256
from dscp.run.job import writing


def imported(code: Iterable[str | Path]) -> dict[str, str]:
    """Versions of the packages that the project's Python files import.

    These versions are fixed by the project's lock file. What else is installed, and Python itself, is not: it would
    make the bytes of the PDF depend on the machine.
    """
    trees = [ast.parse(Path(path).read_text(encoding="utf-8")) for path in code if str(path).endswith(".py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    known = packages_distributions()
    names = {name for module in modules for name in known.get(module.split(".")[0], [])}
    return {name.lower(): version(name) for name in sorted(names)}


def attached_record(jobs: Sequence[Mapping], study: Mapping, extracts: Mapping, code: Mapping[str, str]) -> str:
    """The record as text.

    Parameters
    ----------
    jobs : those before the PDF, as `record.crate.crate` takes them; their published outputs and the code are read
    study, extracts, code : as in `record.crate.Facts`
    """
    known = Facts(
        run=study["run"],
        title=study["title"],
        date="",
        study=study,
        extracts=extracts,
        code=code,
        checksums={},
        code_version=combined({name: sha256(path) for path, name in code.items()}),
        packages=imported(code),
    )
    paths = dict.fromkeys([*code, *(path for job in jobs for path in [*job["inputs"], *job["outputs"]])])
    told = {path: sha256(path) for path in paths if not is_confidential(known.identifier(path))}
    return as_text(reproducible(jobs, replace(known, checksums=told)))


if __name__ == "__main__":
    with writing(snakemake.log[0], snakemake.output) as out:
        parts = {name: getattr(snakemake.params, name) for name in ("jobs", "study", "extracts", "code")}
        Path(out.crate).write_text(attached_record(**parts), encoding="utf-8")
