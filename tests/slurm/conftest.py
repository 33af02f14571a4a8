"""A Slurm of its own on this machine: daemons on loopback, with their own configuration, keys and folders."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
sys.path.append(str(PROJECT / "tests" / "support"))
EXECUTOR = PROJECT / ".venv-executor" / "bin" / "python"
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "srun", "sinfo")
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld}
SlurmdPort={slurmd}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2
MpiDefault=none
MinJobAge=300
KillWait=2
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=12000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP OverTimeLimit=0
"""
ETC = Path("/etc/slurm/slurm.conf")  # the one place where commands look that a job step calls: it drops SLURM_CONF
PROFILE = {
    "executor": "slurm",
    "jobs": 4,
    "local-cores": 2,
    "max-threads": 2,
    "latency-wait": 10,
    "slurm-no-account": True,
    "slurm-status-command": "squeue",
    "slurm-init-seconds-before-status-checks": 2,
    "seconds-between-status-checks": 2,
    "default-resources": {"slurm_partition": "main"},
}


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def lacking() -> str:
    """Why no Slurm can be started here; "" where one can."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=path)]
    if missing:
        return f"programs (slurm-wlm, munge): {', '.join(missing)}"
    if os.geteuid():
        return "root rights, by which the daemons start jobs"
    if ETC.is_symlink() or ETC.exists():
        return f"a machine without a Slurm of its own ({ETC} is there)"
    return "" if EXECUTOR.exists() else "the executor's environment (make executor)"


@pytest.fixture(scope="session")
def slurm(tmp_path_factory) -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands find the daemons of these tests."""
    if missing := lacking():
        pytest.skip(f"a Slurm of its own is missing {missing}")
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool", "munge"):
        (folder / name).mkdir(mode=0o755 if name != "munge" else 0o711)
    for above in folder.parents[:3]:
        above.chmod(above.stat().st_mode | 0o011)  # munge's socket is for whoever may pass
    key = folder / "munge" / "key"
    key.write_bytes(secrets.token_bytes(128))
    key.chmod(0o400)
    text = CONFIGURATION.format(folder=folder, host=socket.gethostname(), ctld=free_port(), slurmd=free_port())
    (folder / "slurm.conf").write_text(text, encoding="utf-8")
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{os.environ['PATH']}:/usr/sbin"}
    munge = [f"--{name}-file={folder}/munge/{name}" for name in ("key", "pid", "log", "seed")]
    daemons = []
    ETC.parent.mkdir(exist_ok=True)
    ETC.symlink_to(folder / "slurm.conf")
    try:
        for command in (["munged", "--foreground", "--force", f"--socket={folder}/munge/socket", *munge],
                        ["slurmctld", "-D"], ["slurmd", "-D"]):  # fmt: skip
            with open(folder / f"{command[0]}.said", "wb") as said:
                daemons.append(subprocess.Popen(command, env=environment, stdout=said, stderr=said))
            time.sleep(1)
        if said := not_ready(environment):
            pytest.skip(f"a Slurm of its own does not start here: {said}")
        yield environment
    finally:
        subprocess.run(["scancel", "--full", "--signal=KILL", "--user=root"], env=environment, check=False)
        time.sleep(3)
        ETC.unlink()
        for daemon in reversed(daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in daemons:
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()


def not_ready(environment: dict[str, str]) -> str:
    """Why a job is not run; "" once one was."""
    said = ""
    for _ in range(20):
        nodes = subprocess.run(["sinfo", "-h", "-o", "%T"], env=environment, capture_output=True, text=True)
        said = (nodes.stdout + nodes.stderr).strip()
        if nodes.stdout.strip() == "idle":
            job = ["timeout", "30", "srun", "-n1", "true"]
            done = subprocess.run(job, env=environment, capture_output=True, text=True)
            return done.stderr.strip() if done.returncode else ""
        time.sleep(1)
    return f"sinfo says {said}"


@pytest.fixture
def profile(tmp_path):
    """Write a profile outside the project; what is given changes it."""

    def written(**more: object) -> Path:
        folder = tmp_path / "profile"
        folder.mkdir(exist_ok=True)
        said = {**PROFILE, **{name.replace("_", "-"): value for name, value in more.items()}}
        (folder / "config.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
        return folder

    return written
