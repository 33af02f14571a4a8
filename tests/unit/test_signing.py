"""A run record that is signed: by whom, and whether the signature is good, is what ssh-keygen says."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

import sign as command
import verify as verifying
from dscp.record import signing
from dscp.record.crate import CRATE
from dscp.record.signing import NAMESPACE, SIGNATURE, SIGNERS, sign, signature
from dscp.record.verify import verify
from recorded import make

if not shutil.which("ssh-keygen"):
    pytest.skip("missing: the program ssh-keygen (Debian: openssh-client)", allow_module_level=True)


def key(folder: Path, name: str, kind: str = "ed25519") -> Path:
    """A new key without a passphrase."""
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", name, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def allow(study: Path, name: str, of: Path, options: str = f'namespaces="{NAMESPACE}"') -> None:
    public = " ".join(of.with_name(f"{of.name}.pub").read_text().split()[:2])
    with open(study / SIGNERS, "a", encoding="utf-8") as stream:
        stream.write(f"{name} {options} {public}\n")


@pytest.fixture(scope="module")
def keys(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: key(folder, name) for name in ("ann", "bob", "-odd name")}


@pytest.fixture
def study(tmp_path) -> Path:
    make(tmp_path)
    return tmp_path


def said(study: Path) -> tuple[str, str]:
    return signature(study / "results" / "r", study)


def test_a_record_that_nobody_signed_is_said_to_be_unsigned(study):
    assert said(study) == ("", "the record is not signed")


@pytest.mark.parametrize("name", ["ann", "-odd name"])
def test_a_good_signature_of_an_allowed_signer_is_said_with_name_and_key(study, keys, name):
    allow(study, "bob@example.org", keys["bob"])
    allow(study, "ann@example.org", keys[name])
    used = sign(study / "results" / "r", keys[name])
    assert used.startswith("ED25519 key SHA256:")
    assert said(study) == ("", f"the record is signed by ann@example.org, with {used}")
    assert sign(study / "results" / "r", keys[name]) == used, "a second signature takes the place of the first"


def test_without_a_list_of_signers_the_key_is_said_and_not_the_name(study, keys):
    used = sign(study / "results" / "r", keys["ann"])
    assert said(study) == (
        "",
        f"the record is signed with {used}; whose it is cannot be told: no {study / SIGNERS}",
    )


@pytest.mark.parametrize("options", ["", 'namespaces="file"', f'namespaces="{NAMESPACE}",valid-before="20200101"'])
def test_a_key_that_no_line_allows_is_a_fault(study, keys, options):
    """One of somebody else; one for another purpose; one whose time is over."""
    allow(study, "ann@example.org", keys["ann" if options else "bob"], options)
    used = sign(study / "results" / "r", keys["ann"])
    fault, words = said(study)
    assert fault.endswith(f"{SIGNATURE}: signed with {used}, which no line of {study / SIGNERS} allows")
    assert words == "" and fault.isprintable()


@pytest.mark.parametrize("change", ["record", "signature", "another's", "other purpose", "no signature", "empty"])
def test_a_signature_that_is_not_of_the_record_is_a_fault(study, keys, change):
    run = study / "results" / "r"
    allow(study, "ann@example.org", keys["ann"])
    sign(run, keys["ann"])
    if change == "record":
        (run / CRATE).write_text((run / CRATE).read_text().replace('"R: run r"', '"R: run s"'))
    elif change == "signature":
        lines = (run / SIGNATURE).read_text().splitlines()
        lines[2] = lines[2][:10] + ("A" if lines[2][10] != "A" else "B") + lines[2][11:]
        (run / SIGNATURE).write_text("\n".join(lines))
    elif change == "another's":
        (study / "other").write_text("other")
        subprocess.run(
            ["ssh-keygen", "-q", "-Y", "sign", "-f", keys["ann"], "-n", NAMESPACE, study / "other"], check=True
        )
        shutil.copy(study / "other.sig", run / SIGNATURE)
    elif change == "other purpose":
        (run / SIGNATURE).unlink()
        subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-f", keys["ann"], "-n", "file", run / CRATE], check=True)
    else:
        (run / SIGNATURE).write_text("\x1b[31mno\n" if change == "no signature" else "")
    fault, words = said(study)
    assert f"{SIGNATURE}: is no good signature of the record (ssh-keygen: " in fault
    assert words == "" and fault.isprintable()


def test_where_there_is_no_ssh_keygen_it_is_said(study, keys, monkeypatch):
    sign(study / "results" / "r", keys["ann"])
    monkeypatch.setattr(signing.shutil, "which", lambda _: None)
    fault, words = said(study)
    assert fault == "" and "cannot be checked here: no program ssh-keygen" in words
    with pytest.raises(SystemExit, match=r"^error: no program ssh-keygen, allowed: [^\n]+$"):
        sign(study / "results" / "r", keys["ann"])


def test_the_commands_sign_and_say_who_signed(study, keys, monkeypatch, capfd):
    for tool in (command, verifying):
        monkeypatch.setattr(tool, "verify", partial(verify, project=study / "results/r/code"))
    allow(study, "ann@example.org", keys["ann"])
    assert command.main(["--study", str(study), "--run", "r", "--key", str(keys["ann"])]) == 0
    assert capfd.readouterr().out.startswith(f"{study / 'results/r' / SIGNATURE}: signed with ED25519 key SHA256:")
    assert verifying.main(["--study", str(study), "--run", "r"]) == 0
    assert "8 files verified; the record is signed by ann@example.org, with ED25519 key" in capfd.readouterr().out
    (study / "results/r/report.pdf").write_text("altered")
    with pytest.raises(SystemExit) as stop:
        command.main(["--study", str(study), "--run", "r", "--key", str(keys["ann"])])
    assert str(stop.value).endswith("error: not signed: the run is not what its record says")
    (study / "results/r" / SIGNATURE).write_text("no")
    assert verifying.main(["--study", str(study), "--run", "r"]) == 1
    assert capfd.readouterr().out.count("\n") == 2


@pytest.mark.parametrize("given", ["", "no/such", "a\nb"])
def test_a_key_that_is_not_there_is_said_in_one_line(study, given):
    with pytest.raises(SystemExit, match=r"^error: which key\? [^\n]+$"):
        command.main(["--study", str(study), "--run", "r", "--key", given])


@pytest.mark.parametrize("tool", [command, verifying], ids=["sign", "verify"])
@pytest.mark.parametrize("run", ["../results/r", "..", "r\n", "/"])
def test_a_name_that_is_no_run_s_is_refused(study, tool, run):
    with pytest.raises(SystemExit, match=r"^error: which run\? [^\n]+$"):
        tool.main(["--study", str(study), "--run", run])
