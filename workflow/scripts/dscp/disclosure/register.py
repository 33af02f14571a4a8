"""The register of releases: which runs of a study were given away, and what they told. Confidential; it only grows.

It stands in the study's folder, outside its results, and the gate alone reads it. A run that is not released leaves no
trace in it. An entry has a checksum under the register's key (HMAC-SHA-256) and names that of the entry before; the run
keeps a copy of it, a seal, under restricted/. So an entry that was altered, the last one taken out, and a key that was
replaced are found, for as long as the seals stand.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dscp.disclosure.policies import POLICIES
from dscp.record.crate import sha256
from dscp.record.forms import RESTRICTED, SEALS
from dscp.run.closed import RELEASES, alone

if TYPE_CHECKING:
    import pandas as pd

KEY, ENTRY, CHECKSUM = "key", "entry.json", "entry.hmac"
RUN_KEY = "record.key"  # of a run's keyed checksums
LEDGER, COUNTS, MEMBERS = "ledger.csv", "counts.csv", "members.parquet"


class BrokenRegister(ValueError):
    """The register is not as it was written; the message names the entry."""


@dataclass(frozen=True)
class Entry:
    """A released run.

    Attributes
    ----------
    run, when, by : its name, the moment in ISO 8601, and who gave it to whom
    policy, missing_release : what it was published under
    files : published file -> SHA-256
    previous : keyed checksum of the entry before; "" of the first
    facts : what else stands beside the entry -> SHA-256
    """

    run: str
    when: str
    by: str
    policy: str
    missing_release: str
    files: Mapping[str, str]
    previous: str = ""
    facts: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Released:
    """An entry and the folder that it stands in."""

    entry: Entry
    folder: Path

    def frame(self, name: str) -> pd.DataFrame:
        """The members or the counts of the run."""
        import pandas as pd  # planning a run asks for the digest only

        path = self.folder / name
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


class Register:
    """The register of a study."""

    def __init__(self, study: Path) -> None:
        """`study` : the folder with its config.yaml."""
        self.folder = study / RELEASES

    def key(self) -> bytes:
        """The key of the hashes of members."""
        try:
            return bytes.fromhex((self.folder / KEY).read_text(encoding="ascii"))
        except (OSError, ValueError):
            raise BrokenRegister(f"{self.folder / KEY}: not there, or not a key; nothing can be compared") from None

    def released(self) -> list[Released]:
        """All entries, the first first.

        Raises
        ------
        BrokenRegister
            An entry was altered, taken out, or cannot be read; or its key is another.
        """
        found = list(self._checked())
        known = {one.folder.name: self._checksum(one.folder) for one in found}
        for seal in sorted((self.folder.parent / "results").glob(f"*/{SEALS}/*")):
            if seal.read_text(encoding="ascii", errors="replace") != known.get(seal.name):
                run = seal.relative_to(self.folder.parent / "results").parts[0]
                raise BrokenRegister(
                    f"{self.folder / seal.name}: taken out or replaced; {run} was released as that entry"
                )
        return found

    def _checked(self) -> Iterator[Released]:
        previous, key = "", self.key() if self._folders() else b""
        for number, folder in enumerate(self._folders(), start=1):
            try:
                text, checksum = (folder / ENTRY).read_bytes(), self._checksum(folder)
                good = hmac.compare_digest(_keyed(text, key), checksum)
                entry = Entry(**json.loads(text)) if good else None
                good = good and {name: sha256(folder / name) for name in (LEDGER, COUNTS, MEMBERS)} == entry.facts
            except (OSError, ValueError, TypeError) as error:
                raise BrokenRegister(f"{folder}: cannot be read ({type(error).__name__})") from None
            if not good or folder.name != f"{number:04}" or entry.previous != previous:
                what = "altered since it was written, or the entry before it is gone, or the key is another"
                raise BrokenRegister(f"{folder}: {what}")
            if entry.policy not in POLICIES:
                raise BrokenRegister(f"{folder}: policy {entry.policy}, which is none of this project's")
            yield Released(entry, folder)
            previous = checksum

    def _checksum(self, folder: Path) -> str:
        return (folder / CHECKSUM).read_text(encoding="ascii")

    def _folders(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("[0-9]*") if path.is_dir())

    def digest(self, but: str = "") -> str:
        """What changes when a run is released; `but`: a run whose own releases do not count."""
        found = (folder / ENTRY for folder in self._folders())
        texts = (path.read_bytes() for path in found if path.exists())
        named = [text for text in texts if f'"run": {json.dumps(but)}'.encode() not in text]
        return hashlib.sha256(b"\n".join(named)).hexdigest() if named else ""

    def open(self) -> bytes:
        """The key, made with the register; where there are entries a new one would compare with none of them."""
        with alone():
            self.folder.mkdir(exist_ok=True)
            if not self._folders() and not (self.folder / KEY).exists():
                (self.folder / KEY).write_text(secrets.token_hex(32), encoding="ascii")
        return self.key()

    def add(self, entry: Entry, ledger: Path, counts: pd.DataFrame, members: pd.DataFrame) -> Path:
        """Write an entry, which is there in whole or not at all, and the run's seal. Returns the entry's folder."""
        earlier, key = self.released(), self.key()
        previous = self._checksum(earlier[-1].folder) if earlier else ""
        place = self.folder / f"{len(earlier) + 1:04}"
        part = self.folder / f".{place.name}"
        with alone():
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            shutil.copyfile(ledger, part / LEDGER)
            counts.to_csv(part / COUNTS, index=False)
            members.to_parquet(part / MEMBERS, index=False)
            facts = {name: sha256(part / name) for name in (LEDGER, COUNTS, MEMBERS)}
            whole = asdict(entry) | {"previous": previous, "facts": facts}
            text = json.dumps(whole, indent=1).encode()
            (part / ENTRY).write_bytes(text)
            (part / CHECKSUM).write_text(_keyed(text, key), encoding="ascii")
            part.rename(place)
            self._keep_key(entry.run)
            seals = self.folder.parent / "results" / entry.run / SEALS
            if seals.parent.is_dir():
                seals.mkdir(exist_ok=True)
                (seals / place.name).write_text(_keyed(text, key), encoding="ascii")
        return place

    def _keep_key(self, run: str) -> None:
        """Keep the run's key: where journeys are made of submissions a client's pseudonym comes of it, and with another
        one a later run would be taken for a run of other people, once this one is purged."""
        own, kept = self.folder.parent / "results" / run / RESTRICTED / RUN_KEY, self.folder / RUN_KEY
        if own.exists() and not kept.exists():
            shutil.copyfile(own, kept)


def _keyed(text: bytes, key: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()
