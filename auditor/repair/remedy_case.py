"""A complaint, with what is known of the request that it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from auditor.complaints.rules import Complaint
from auditor.kinds.naming import named_for, reference_words
from auditor.knowledge.needs import Need, Place
from auditor.model import Exchange, Json, Operation, Resource
from auditor.repair.places import Places

Remedy = Mapping[Place, Need]
"""What one remedy changes: a need for each place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A complaint, and what is known of the request that it is about."""

    complaint: Complaint
    refused: Exchange
    operation: Operation
    places: Places
    kinds: tuple[Resource, ...]
    today: date
    seen: Callable[[str], tuple[Json, ...]]
    """Values that objects of the kind have in a member of this name."""

    @property
    def place(self) -> Place | None:
        return self.places.meant(self.complaint)


def kind_named(case: Case, name: str) -> Resource | None:
    """Return the kind of object that a name points to; never what the operation itself makes."""
    if not name or not reference_words(name):
        return None
    found = named_for(name, case.kinds)
    return found if found is not None and found.parameter and found.create is not case.operation else None
