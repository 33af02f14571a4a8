"""What a rule's digest covers is what Python itself would import."""

from __future__ import annotations

import ast

import pytest

from dscp.run import digests

MODULES = sorted(str(path.relative_to(digests.SCRIPTS).with_suffix("")) for path in digests.SCRIPTS.rglob("*.py"))


def named_by(text: str) -> set[str]:
    """Modules and what may be modules, by the syntax tree."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def test_every_import_of_every_module_is_seen():
    for module in MODULES:
        named = {name.replace(".", "/") for name in named_by((digests.SCRIPTS / f"{module}.py").read_text("utf-8"))}
        assert {name for name in named if name in MODULES} <= digests._imported(module), module


FORMS = [
    "import one",
    "import one as first",
    "import two, one",
    "from one import name",
    "from one import name as other  # two",
    "from room import (\n    one,  # the first (of two)\n    two,\n)\n",
    "from room import one as first, two",
    "def f():\n    from room import one\n",
    "try:\n\timport one\nexcept ImportError:\n\tpass\n",
    "import room.one",
    "from room.one import name",
    "import room",  # a package looks through its modules
]


@pytest.mark.parametrize("text", FORMS)
def test_in_whatever_form(tmp_path, monkeypatch, text):
    monkeypatch.setattr(digests, "SCRIPTS", tmp_path)
    (tmp_path / "room").mkdir()
    for name in ("one", "two", "room/__init__", "room/one", "room/two"):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "script.py").write_text(text)
    wanted = {name.replace(".", "/") for name in named_by(text)} & {"one", "two", "room/one", "room/two"}
    assert wanted <= (found := digests._imported.__wrapped__("script")), text
    assert wanted or {"room/one", "room/two"} <= found
