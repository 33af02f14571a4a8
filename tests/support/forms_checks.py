"""A finished run against the declarations of published forms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dscp.record.forms import CODE, LOGS, RESTRICTED, WORK, forms_of


def assert_forms(run: Path, study: Mapping) -> None:
    """Every form of a study is in its run's folder, and nothing else stands there outside the folders without forms."""
    forms = forms_of(study)
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert [form.file for form in forms if not any(map(form.holds, names))] == []
    open_ = {name for name in names if name.split("/")[0] not in (RESTRICTED, WORK, LOGS, CODE)}
    assert sorted(name for name in open_ if not any(form.holds(name) for form in forms)) == []
