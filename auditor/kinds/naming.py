"""What things are called: the noun of a collection, its singular, and which collection a name points to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from pluralizer import Pluralizer

from auditor.kinds.paths import shape, verb_and_noun
from auditor.model import Resource
from auditor.values.makers import words

ID_WORDS = frozenset({"id", "ids", "uuid", "uuids", "guid", "guids", "pk", "ref", "identifier", "identifiers"})
"""Last words with which a name says that it holds an identifier."""
KEY_WORDS = frozenset({"slug", "code", "key", "sku", "email", "username", "name", "number", "handle", "login"})
"""Last words that say by which of its natural keys a thing is named."""
PEOPLE = frozenset(
    {
        "user", "account", "member", "customer", "client", "person", "profile", "owner", "author", "creator",
        "buyer", "seller", "sender", "employee", "me", "self",
    }
)  # fmt: skip
"""What callers are called, as fields and as collections."""


@cache
def _grammar() -> Pluralizer:
    return Pluralizer()


@lru_cache(maxsize=4096)
def singular(word: str) -> str:
    return str(_grammar().singular(word))


def singulars(word: str) -> set[str]:
    """Return a word and its singulars; one for the form that English and one for the form that programs make."""
    found = {word, singular(word)}
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        found.add(word[:-1])
    return found


def noun(name: str) -> tuple[str, ...]:
    """Return the words of what lies at a path, its verb left out: `/api/v1/order-items` → order, items."""
    last = shape(name).last_name
    verb, rest = verb_and_noun(last)
    return words(rest) if verb and rest else words(last)


@lru_cache(maxsize=4096)
def names_of(name: str) -> frozenset[str]:
    """Return what the things at a path are called, singular and plural; nested ones with what they lie in before."""
    last = noun(name)
    if not last:
        return frozenset()
    own = {" ".join((*last[:-1], form)) for form in singulars(last[-1])}
    above = shape(name).segments
    parents = [one for one in above if one is not None][:-1] if None in above else []
    outer = noun("/" + parents[-1]) if parents else ()
    nested = {f"{' '.join((*outer[:-1], singular(outer[-1])))} {one}" for one in own} if outer else set()
    return frozenset(own | nested)


def spoken_names(resource: Resource) -> frozenset[str]:
    return names_of(resource.name)


def is_called(name: str, resource: Resource) -> bool:
    """Say whether a member so called holds an item of the resource."""
    return " ".join(words(name)) in spoken_names(resource)


def is_people(resource: Resource) -> bool:
    """Say whether the items are, by their name, those who call: users, accounts, members."""
    last = noun(resource.name)
    return bool(last) and bool(singulars(last[-1]) & PEOPLE)


def reference_words(name: str) -> tuple[str, ...]:
    """Return what a reference's name says it points to; () for a bare `id`."""
    spoken = words(name)
    while spoken and spoken[-1] in ID_WORDS:
        spoken = spoken[:-1]
    return spoken


def named_for(name: str, every: Sequence[Resource], *, but: Resource | None = None) -> Resource | None:
    """Find the resource a path parameter is called after: `doctorId`, `doctor` → `/doctors`.

    Where nothing has that very name, the one thing whose name ends in it: `label_id` → `/dataset-labels`.
    """
    spoken = reference_words(name)
    return called(spoken, every, but=but) or ending_in(spoken, every, but=but)


def ending_in(spoken: Sequence[str], every: Sequence[Resource], *, but: Resource | None = None) -> Resource | None:
    """Find the one resource whose longer name ends in the last of these words."""
    last = by_last_word(tuple(every)).get(singular(spoken[-1]), ()) if spoken else ()
    found = [one for one in last if one is not but]
    return found[0] if len(found) == 1 else None


def called(spoken: Sequence[str], every: Sequence[Resource], *, but: Resource | None = None) -> Resource | None:
    """Find the resource that goes by these words, or by the last of them: `primary_doctor` → `/doctors`."""
    index = by_name(tuple(every))
    for start in range(len(spoken)):
        forms = {" ".join((*spoken[start:-1], form)) for form in (spoken[-1], singular(spoken[-1]))}
        found = [one for form in sorted(forms) for one in index.get(form, ()) if one is not but]
        if found:
            return min(found, key=lambda one: (not one.parameter, one.create is None, len(one.name)))
    return None


@lru_cache(maxsize=8)
def by_last_word(every: tuple[Resource, ...]) -> Mapping[str, Sequence[Resource]]:
    """Index items by the last word of a longer name: a label of `dataset_labels`, where nothing else is a label."""
    index: dict[str, list[Resource]] = {}
    for one in every:
        own = noun(one.name)
        if one.parameter and len(own) > 1:
            index.setdefault(singular(own[-1]), []).append(one)
    return index


@lru_cache(maxsize=8)
def by_name(every: tuple[Resource, ...]) -> Mapping[str, Sequence[Resource]]:
    """Index what can be pointed to by the names it goes by."""
    index: dict[str, list[Resource]] = {}
    for one in every:
        for name in sorted(spoken_names(one)) if one.parameter or one.create else ():
            index.setdefault(name, []).append(one)
    return index
