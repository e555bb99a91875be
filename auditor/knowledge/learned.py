"""What trying has taught about the target: names of objects, states they must reach, values read off them.

Everything a document leaves open and an answer settles is kept here for the run, and shown by `auditor doctor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from auditor.kinds.foreign_keys import Reference
from auditor.model import Json, Location, Operation

MOST_NAMES = 5_000
"""Objects whose names are kept; a run that makes more forgets none that it still addresses by its usual id."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A documented operation to be done to an object first, with the values that matter."""

    operation: Operation
    given: tuple[tuple[Location, str, Json], ...] = ()
    as_admin: bool = False

    @property
    def label(self) -> str:
        values = ", ".join(f"{pointer.rpartition('/')[2]}={value}" for _, pointer, value in self.given)
        return f"{self.operation.label} ({values})" if values else self.operation.label


@dataclass(frozen=True, slots=True)
class Carry:
    """A value that a request takes from a read of its object just before: an ETag, a version."""

    location: Location
    pointer: str
    header: str = ""
    """The header of the read that holds it."""
    member: str = ""
    """Or the pointer into its body."""
    constant: Json = None
    """Or what to send whatever the read says (`If-Match: *`)."""


@dataclass(frozen=True, slots=True)
class Readied:
    """An object that a request points to, new and brought into a state: the account that has to be funded first."""

    reference: Reference
    deeds: tuple[Deed, ...]


@dataclass(slots=True)
class Learned:
    names: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    """(resource, usual id) to everything that names the object: id, uuid, slug, e-mail."""
    identified: dict[str, str] = field(default_factory=dict)
    """Resource to the member by which its items are addressed, where a read has shown that it is not the usual one."""
    unnamed: set[str] = field(default_factory=set)
    """Resources whose creates do not name what they make, whatever else their answers name: it is looked for listed."""
    inspected: set[str] = field(default_factory=set)
    """Resources of which an item was read to see that its id names it."""
    shown: set[str] = field(default_factory=set)
    """Resources of which a read showed what the create had been sent: their ids are what we take them for."""
    preludes: dict[str, tuple[Deed, ...]] = field(default_factory=dict)
    """Operation to what has to be done to a fresh item first."""
    readied: dict[str, tuple[Readied, ...]] = field(default_factory=dict)
    """Operation to the objects that it points to, and what has to be done to those first."""
    carries: dict[str, tuple[Carry, ...]] = field(default_factory=dict)
    given: dict[str, tuple[tuple[Location, str, Json], ...]] = field(default_factory=dict)
    """Operation to values without which it is refused: the one status that an item may take next."""
    pinned: dict[str, tuple[tuple[Location, str, Json], ...]] = field(default_factory=dict)
    """Operation to values that the user gave: they win over everything but a probe's own change."""
    once: set[str] = field(default_factory=set)
    """Operations that are refused the second time on one object: they use its state up."""
    paired: set[str] = field(default_factory=set)
    """Creates that take the same references only once."""
    turns: dict[str, int] = field(default_factory=dict)
    """Operation to how its references are filled in, where the usual way is refused; see `auditor.world.pointing`."""
    listed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Resource to the ids of what was found in its list: to be pointed to, one after the other where one is refused."""
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    """(path before it, path parameter) to the word that a read takes there."""
    seconds: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    """(identity, resource) to another object than the golden one, for requests that name two: from and to."""
    prepared: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    """(identity, safe operation) to the item that was brought into its state; nobody writes to it."""
    by_products: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Resource to (operation, JSON pointer) of an answer that names one of its items beside something else."""
    adopted: dict[str, str] = field(default_factory=dict)
    """Resource to the create that was found by trying, with how."""
    searched: int = 0
    """For how many operations a state was looked for."""
    asked: int = 0
    """Requests of seeding so far."""

    def name(self, resource: str, usual: str, names: Mapping[str, str]) -> None:
        """Keep what else an object goes by; later answers add to it."""
        key = (resource, usual)
        if key in self.names or len(self.names) < MOST_NAMES:
            self.names[key] = {**names, **self.names.get(key, {})}
