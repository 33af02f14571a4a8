"""Who vouches for a run record: a signature by ssh-keygen, in its format, with a key that the signer has already.

The record holds the checksum of every published file: a signature of the record is one of them all. There is no
cryptography here; who may sign stands in the study's `allowed_signers`, whose lines ssh-keygen reads.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from dscp.record.crate import CRATE
from dscp.record.reading import one_line

PROGRAM = "ssh-keygen"
PACKAGE = "openssh-client"
NAMESPACE = "dscp-run-record"  # a signature made for another purpose is none of a record
SIGNATURE = f"{CRATE}.sig"
SIGNERS = "allowed_signers"  # in the study's folder
GOOD = re.compile(r'Good ".*" signature (?:for .* )?with (.* key \S+)$', flags=re.M)


def sign(run: Path, key: Path) -> str:
    """Sign a run's record; ssh-keygen asks for the passphrase, or an agent for which `key` is the public one answers.

    Returns
    -------
    With which key it is signed.

    Raises
    ------
    SystemExit
        One line: there is no ssh-keygen, or it did not sign.
    """
    if not shutil.which(PROGRAM):
        raise SystemExit(f"error: no program {PROGRAM}, allowed: a machine that has it (Debian: {PACKAGE})")
    (run / SIGNATURE).unlink(missing_ok=True)
    record = str((run / CRATE).resolve())
    done = subprocess.run(
        [PROGRAM, "-Y", "sign", "-f", str(key.absolute()), "-n", NAMESPACE, record],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"error: {one_line(str(key))}: not signed ({_reason(done.stderr)})")
    return _checked(run, "check-novalidate")[0]


def signature(run: Path, study: Path) -> tuple[str, str]:
    """Whether a run's record is signed, by whom, and whether the signature is good.

    Returns
    -------
    What is wrong with the signature, or ""; and what to say of it.
    """
    place, signers = one_line(str(run / SIGNATURE)), study / SIGNERS
    if not (run / SIGNATURE).is_file():
        return "", "the record is not signed"
    if not shutil.which(PROGRAM):
        return "", f"the record is signed, which cannot be checked here: no program {PROGRAM} (Debian: {PACKAGE})"
    key, fault = _checked(run, "check-novalidate")
    if not key:
        return f"{place}: is no good signature of the record ({fault})", ""
    if not signers.is_file():
        return "", f"the record is signed with {key}; whose it is cannot be told: no {one_line(str(signers))}"
    for name in _names(run, signers):
        if _checked(run, "verify", "-f", str(signers), "-I", name)[0]:
            return "", f"the record is signed by {one_line(name)}, with {key}"
    return f"{place}: signed with {key}, which no line of {one_line(str(signers))} allows", ""


def _names(run: Path, signers: Path) -> list[str]:
    """Those whose key made the signature, by the lines of `allowed_signers`."""
    command = [PROGRAM, "-Y", "find-principals", "-s", str(run / SIGNATURE), "-f", str(signers)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def _checked(run: Path, kind: str, *arguments: str) -> tuple[str, str]:
    """The key of a good signature of a record, and why there is none; one of the two is ""."""
    command = [PROGRAM, "-Y", kind, *arguments, "-n", NAMESPACE, "-s", str(run / SIGNATURE)]
    with open(run / CRATE, "rb") as record:
        done = subprocess.run(command, stdin=record, capture_output=True, text=True, errors="replace", check=False)
    good = GOOD.search(done.stdout) if done.returncode == 0 else None
    return (one_line(good[1]), "") if good else ("", _reason(done.stderr))


def _reason(said: str) -> str:
    lines = [line for line in said.splitlines() if line.strip()] or ["it did not say why"]
    return f"{PROGRAM}: {one_line(lines[0].strip())}"
