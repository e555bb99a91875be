"""The ledger on disk: what a killed run owes, a line at a time, for `auditor cleanup` to pay.

`ledger.ndjson` lies in the run folder (mode 0600) for as long as something is owed. A line is written the moment
something is owed and another when it is paid; nothing is ever changed in place, so a torn last line costs that line
only. Lines are handed to the operating system at once, which is enough to outlive the process; the disk is waited for
once, when the file begins. No credential is in it: what signs a registered user in is sealed
(`auditor.secrecy.vault`), and so is a value that the redactor knows as a secret, such as the id of a session.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from auditor.errors import AuditorError, UsageError
from auditor.model import Credential, Identity, Json
from auditor.secrecy.vault import RUN_ID, Vault
from auditor.sending.encoding import decode, encode, members
from auditor.world.ledger import Debt, Intent, moved

LEDGER = "ledger.ndjson"
KEPT = "ledger-{run}.ndjson"
"""Where a run finds the unsettled ledger of the run before it, it moves it here."""
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the run was and what it was: the first line of its ledger."""

    run: str
    target: str
    document: str = ""
    seed: str = "0"
    version: int = VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Names and a password with which an account may sign in."""

    names: tuple[str, ...] = ()
    password: str = field(default="", repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the registration said beside, by field: a login may ask for it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user that the audit registered, and what signs it in: the likeliest way first, or a credential at once."""

    identity: Identity
    ways: tuple[Way, ...] = ()
    credential: Credential | None = field(default=None, repr=False)


class Journal:
    """Writes a ledger down as it happens. The file begins with the first entry."""

    def __init__(
        self, path: Path, head: Head, *, vault: Vault, clean: Callable[[str], str] = str, begun: bool = False
    ) -> None:
        """`clean` redacts a text; `begun` continues a ledger that is there. Raises `UsageError` when another has it."""
        self.path = path
        self._head = head
        self._vault = vault
        self._clean = clean
        self._file: int | None = None
        self.sealed = True
        """False once a secret could not be sealed: the user's state folder cannot be written."""
        if begun:
            self._file = claimed(path)
            os.lseek(self._file, 0, os.SEEK_END)

    # --- auditor.world.ledger.Book

    def owed(self, debt: Debt) -> None:
        self._write({"owed": debt.number, **self._plain(members(debt))})

    def intended(self, intent: Intent) -> None:
        self._write({"intended": intent.number, **self._plain(members(intent))})

    def struck(self, number: int) -> None:
        try:
            self._write({"struck": number})
        except AuditorError:
            return  # a cleanup will find it gone

    def moved(self, owner: Identity, to: Identity) -> None:
        self._write({"moved": encode(owner), "to": encode(to)})

    def user(self, user: User) -> None:
        """Note a registered user, or what is new about one: a later line counts."""
        sealed = self._vault.seal(json.dumps(asdict(user)))
        self.sealed = self.sealed and bool(sealed)
        self._write({"user": encode(user.identity), "sealed": sealed})

    # --- the file

    def close(self, *, settled: bool) -> None:
        """Close; once all is settled, file and key go."""
        if self._file is None:
            return
        if settled:
            self.path.unlink(missing_ok=True)
            self._vault.destroy()
        os.close(self._file)
        self._file = None

    def _write(self, entry: Mapping[str, Json]) -> None:
        """Append one line. Raises `AuditorError` when the disk refuses."""
        try:
            if self._file is None:
                self._file = self._begin()
            append(self._file, entry)
        except OSError as refusal:
            raise AuditorError(
                f"{self.path} cannot be written: {refusal.strerror}",
                "free some space, or choose another folder with --output: without it a killed run cannot be cleaned up",
            ) from refusal

    def _begin(self) -> int:
        opened = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        append(opened, {"ledger": encode(self._head)})
        os.fsync(opened)
        return opened

    def _plain(self, entry: Mapping[str, Json]) -> dict[str, Json]:
        """Return the entry, sealed as a whole where it holds what the redactor would take out."""
        text = json.dumps(entry, ensure_ascii=False)
        if self._clean(text) == text:
            return dict(entry)
        return {"sealed": self._vault.seal(text), "what": self._clean(str(entry.get("what", "")))}


def append(file: int, entry: Mapping[str, Json]) -> None:
    line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"
    rest = memoryview(line)
    while rest:
        rest = rest[os.write(file, rest) :]


def claimed(path: Path) -> int:
    """Open a ledger for nobody else. Raises `UsageError` while a run or another cleanup has it."""
    opened = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise UsageError(f"{path} belongs to an audit that is still going on", "wait for it, or end it") from None
    return opened


# --- reading ------------------------------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Unsettled:
    """What a ledger on disk still owes."""

    path: Path
    head: Head
    debts: list[Debt] = field(default_factory=list)
    lost: list[Intent] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    """Entries whose key is gone: nobody can tell any more where the thing is."""

    @property
    def owes(self) -> int:
        """How many removals another attempt may bring about."""
        return sum(1 for one in self.debts if one.operation) + len(self.lost) + len(self.unreadable)


def ledgers(folder: Path) -> list[Path]:
    """Return the ledgers in a run folder, oldest first: those that were kept, then the last run's."""
    kept = sorted(folder.glob(KEPT.format(run="*")), key=lambda one: one.stat().st_mtime)
    last = folder / LEDGER
    return [*kept, *([last] if last.is_file() else [])]


def unsettled(path: Path, *, vault: Vault | None = None) -> Unsettled | None:
    """Replay a ledger; None where nothing reads as one. An unfinished last line was never written."""
    lines = list(entries(path))
    head = decoded(lines[0].get("ledger"), Head) if lines else None
    if head is None or not RUN_ID.fullmatch(head.run) or head.version > VERSION:
        return None
    found = Unsettled(path=path, head=head)
    replay = Replay(found, vault or Vault(head.run))
    for entry in lines[1:]:
        replay.take(entry)
    replay.end()
    return found


def entries(path: Path) -> Iterator[dict[str, Json]]:
    try:
        raw = path.read_bytes()
    except OSError:
        return
    for line in raw.split(b"\n")[:-1]:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            yield entry


class Replay:
    """Applies a ledger's lines in their order."""

    def __init__(self, found: Unsettled, vault: Vault) -> None:
        self._found = found
        self._vault = vault
        self._sealed: dict[int, str] = {}

    def take(self, entry: Mapping[str, Json]) -> None:
        if "owed" in entry:
            self._open(entry, entry["owed"], Debt)
        elif "intended" in entry:
            self._open(entry, entry["intended"], Intent)
        elif "struck" in entry:
            self._strike(entry["struck"])
        elif "moved" in entry:
            self._move(decoded(entry["moved"], Identity), decoded(entry.get("to"), Identity))
        elif "user" in entry:
            self._user(entry)

    def end(self) -> None:
        self._found.unreadable.extend(self._sealed.values())

    def _open(self, entry: Mapping[str, Json], number: Json, kind: type[Debt] | type[Intent]) -> None:
        data: Json = entry
        if "sealed" in entry:
            opened = self._vault.open(str(entry["sealed"]))
            data = json.loads(opened) if opened else None
        read = decoded(data, kind)
        if isinstance(read, Debt):
            self._found.debts.append(read)
        elif isinstance(read, Intent):
            self._found.lost.append(read)
        elif isinstance(number, int):
            self._sealed[number] = str(entry.get("what") or "something whose name was a secret")

    def _strike(self, number: Json) -> None:
        found = self._found
        found.debts = [one for one in found.debts if one.number != number]
        found.lost = [one for one in found.lost if one.number != number]
        self._sealed.pop(number, None)

    def _move(self, owner: Identity | None, to: Identity | None) -> None:
        if owner is None or to is None:
            return
        found = self._found
        found.debts = [moved(one, owner, to) for one in found.debts]
        found.lost = [replace(one, owner=to) if one.owner == owner else one for one in found.lost]
        user = found.users.pop(owner.name, None)
        if user is not None:
            found.users[to.name] = replace(user, identity=to)

    def _user(self, entry: Mapping[str, Json]) -> None:
        identity = decoded(entry["user"], Identity)
        opened = self._vault.open(str(entry.get("sealed", "")))
        user = decoded(json.loads(opened), User) if opened else None
        if identity is not None:
            self._found.users[identity.name] = user or User(identity=identity)


def decoded(data: Json, kind: type) -> Json:
    """Read one value; None where it is not what this version writes."""
    if not isinstance(data, dict):
        return None
    try:
        return decode(data, kind)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def set_aside(folder: Path) -> list[Unsettled]:
    """Make room for a new run's ledger: keep what is unsettled, remove what is not, and return the former.

    Raises `UsageError` while the run that wrote it is still going on, and for a file that is no ledger of ours.
    """
    last = folder / LEDGER
    if last.is_file():
        os.close(claimed(last))
        found = unsettled(last)
        if found is None and list(entries(last)):
            raise UsageError(f"{last} is no ledger that this version can read", "move it away, or choose --output")
        if found is not None and found.owes:
            last.rename(folder / KEPT.format(run=found.head.run))
        else:
            last.unlink()
    return [one for path in ledgers(folder) if (one := unsettled(path)) is not None and one.owes]
