"""Collections that can only be listed, where requests point into them: the examples of a dataset, the seats of a hall.

Nothing makes or reads one by itself, so the shape of the paths does not show that they are things. A required field
does that names one of them and nothing else (`dataset_example_id`); what a list holds can then be pointed to, never
written. Only what lies in something that can be made counts: what is listed there came with something of ours, while
what a whole API lists (`GET /invoices`) is somebody's, and no request of ours should settle it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from auditor.kinds.foreign_keys import names_caller, reads_as_reference
from auditor.kinds.naming import called, noun, reference_words, singular
from auditor.kinds.paths import shape
from auditor.kinds.resources import with_parents
from auditor.model import Field, Location, Operation, Resource

Fields = Callable[[Operation], tuple[Field, ...]]


def only_listed(operations: Sequence[Operation], kinds: Sequence[Resource], fields: Fields) -> tuple[Resource, ...]:
    """Return the collections of no known kind that a required field points into which names no known kind either."""
    made = {one.name for one in kinds if one.create is not None}
    every = (with_parents(one, kinds) for one in plain_lists(operations, kinds))
    lists = tuple(one for one in every if one.parents and made.issuperset(one.parents.values()))
    pointed = {id(one) for spoken in unresolved(operations, kinds, fields) if (one := called(spoken, lists))}
    return tuple(one for one in lists if id(one) in pointed)


def plain_lists(operations: Sequence[Operation], kinds: Sequence[Resource]) -> Iterator[Resource]:
    """Yield the GETs of a plural that are about nothing known."""
    known = {id(one) for kind in kinds for one in (*kind.item_operations, kind.create, kind.list)}
    for one in operations:
        spoken = noun(one.path)
        plural = bool(spoken) and singular(spoken[-1]) != spoken[-1]
        if one.method == "GET" and plural and id(one) not in known and not shape(one.path).names_item:
            parameter = "_".join((*spoken[:-1], singular(spoken[-1]), "id"))
            yield Resource(name=one.path.rstrip("/"), list=one, parameter=parameter)


def unresolved(operations: Sequence[Operation], kinds: Sequence[Resource], fields: Fields) -> Iterator[tuple[str, ...]]:
    """Yield the words of required fields that name something by its identifier, but nothing known."""
    for field in (field for one in operations for field in fields(one)):
        spoken = reference_words(field.name)
        told = field.location is Location.BODY and field.required and reads_as_reference(field)
        if told and spoken and not names_caller(field) and called(spoken, kinds) is None:
            yield spoken
