"""Draws backends. Everything is chosen so that the first choice is the plain one: failures shrink to little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.random_backends import words
from tests.random_backends.drawn import (
    Access,
    Answer,
    Backend,
    Case,
    Demand,
    Dialect,
    Entry,
    Form,
    Ids,
    Kind,
    Listing,
    Member,
    Reference,
    Rule,
)

T = TypeVar("T")
MOST_KINDS = 5
WITH_ADMIN = frozenset({Entry.BEARER, Entry.FORM, Entry.KEY})
"""Ways in beside which an administrator is given, by a token or a key."""
DEEPEST = 3
"""Kinds above one another in a path, the last included."""


def some(*values: T) -> SearchStrategy[T]:
    return st.sampled_from(values)


def rarely() -> SearchStrategy[bool]:
    return some(False, False, False, True)


@st.composite
def backends(draw: DrawFn) -> Backend:
    """Draw a backend: its conventions, then its kinds, each free to point to those before it."""
    access = draw(accesses())
    nouns = draw(st.lists(st.sampled_from(words.NOUNS), min_size=1, max_size=MOST_KINDS, unique=True))
    kinds: list[Kind] = []
    for noun, plural in nouns:
        kinds.append(draw(kind(noun, plural, kinds, access)))
    answer = draw(st.sampled_from(Answer))
    dialects = [one for one in Dialect if (one is Dialect.JSON_API) == (answer is Answer.JSON_API)]
    return Backend(
        kinds=tuple(kinds),
        order=tuple(draw(st.permutations(range(len(kinds))))),
        access=access,
        openapi=draw(some("3.1.0", "3.0.3")),
        prefix=draw(some("", "/v1", "/api", "/api/v2")),
        member_case=draw(some(Case.CAMEL, Case.SNAKE)),
        path_case=draw(some(Case.KEBAB, Case.SNAKE, Case.CAMEL)),
        own_parameters=draw(st.booleans()),
        answer=answer,
        listing=draw(st.sampled_from(Listing)),
        shared_schema=draw(st.booleans()),
        strict=draw(st.booleans()),
        slash=draw(rarely()),
        enveloped=answer is not Answer.JSON_API and draw(rarely()),
        dialect=draw(st.sampled_from(dialects)),
    )


@st.composite
def kind(draw: DrawFn, noun: str, plural: str, before: Sequence[Kind], access: Access) -> Kind:
    ids = draw(st.sampled_from(Ids))
    parent = draw(st.none() | some(*parents(before))) if parents(before) else None
    shallow = parent is not None and draw(st.booleans())
    members = draw(members_of(named=ids is Ids.SLUG or shallow))
    if parent is None and draw(rarely()):
        return Kind(noun=noun, plural=plural, ids=ids, key=draw(keys(ids, noun)), members=members, lookup=True)
    references = draw(references_to(before))
    filters = [None, *range(len(before))] if parent is None else [None]
    return Kind(
        noun=noun,
        plural=plural,
        ids=ids,
        key=draw(keys(ids, noun)),
        parent=parent,
        shallow=shallow,
        members=members,
        references=references,
        filtered_by=draw(some(*filters)) if draw(rarely()) else None,
        rules=draw(rules_for(members, references, before)),
        owned=access.entry is not Entry.OPEN and draw(st.booleans()),
        by_admin=access.admin and draw(rarely()),
        actions=draw(some((), (), *words.CHAINS)),
        update=draw(some("PUT", "PATCH", "")),
        removed=draw(some(204, 204, 200, 200, 204, 0)),
        made=draw(some(201, 201, 200)),
        changed=draw(some(200, 200, 204)),
        cascade=draw(st.booleans()),
        chosen=ids is Ids.SLUG and draw(st.booleans()),
        guarded=draw(rarely()),
        trap=draw(some("", "", *words.TRAPS)),
    )


def parents(before: Sequence[Kind]) -> list[int]:
    """Return the kinds that another may lie in."""
    return [index for index in range(len(before)) if depth(before, index) < DEEPEST]


def depth(before: Sequence[Kind], index: int) -> int:
    above = before[index].parent
    return 1 if above is None else 1 + depth(before, above)


def keys(ids: Ids, noun: str) -> SearchStrategy[str]:
    """Draw the member that tells the id."""
    return {
        Ids.HEX: st.just("_id"),
        Ids.SLUG: st.just("slug"),
        Ids.UUID: some("id", "uuid", f"{noun} id"),
    }.get(ids, some("id", "id", f"{noun} id"))


@st.composite
def members_of(draw: DrawFn, *, named: bool) -> tuple[Member, ...]:
    """Draw up to four members that describe a thing, and one that names it: always where it is `named`.

    Slugs are made of names; and of things whose items lie elsewhere than their collection only a name shows that they
    are the audit's own.
    """
    name = draw(st.sampled_from(words.naming()))
    more = draw(st.lists(st.sampled_from(words.describing()), max_size=4, unique_by=lambda one: one.words))
    optional = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    described = tuple([as_optional(one) if off else one for one, off in zip(more, optional, strict=False)])
    span = draw(some(None, None, *words.SPANS))
    found = (*described, *words.span(*span)) if span is not None else described
    return (name, *found) if named or not found or draw(st.booleans()) else found


def as_optional(one: Member) -> Member:
    return Member(words=one.words, schema=one.schema, sample=one.sample, required=False)


@st.composite
def references_to(draw: DrawFn, before: Sequence[Kind]) -> tuple[Reference, ...]:
    if not before:
        return ()
    targets = draw(st.lists(st.sampled_from(range(len(before))), max_size=2, unique=True))
    if len(targets) == 1 and draw(rarely()):
        one, other = draw(some(*words.ROLES))
        return (Reference(target=targets[0], role=one), Reference(target=targets[0], role=other))
    return tuple([draw(reference(index, before[index])) for index in targets])


def reference(index: int, target: Kind) -> SearchStrategy[Reference]:
    """Draw how a body points to a kind. By its bare noun only where the type says that an id is meant."""
    named = (Form.NAME,) if target.ids in (Ids.UUID, Ids.INTEGER) else ()
    return st.builds(
        Reference, target=st.just(index), form=some(Form.ID, *named, Form.MANY), required=some(True, False)
    )


@st.composite
def accesses(draw: DrawFn) -> Access:
    entry = draw(st.sampled_from(Entry))
    if entry is Entry.OPEN:
        return Access()
    admin = draw(st.booleans()) if entry in WITH_ADMIN else False
    if entry is Entry.KEY:
        return Access(entry=entry, admin=admin)
    return Access(
        entry=entry,
        base=draw(some("/auth", "/account", "")),
        register=draw(some("register", "signup", "users")),
        login=draw(some("token" if entry is Entry.FORM else "login", "login", "sessions")),
        username=draw(some("email", "username")),
        token=draw(some("access_token", "token", "accessToken", "jwt")),
        whoami=draw(some("/me", "/users/me", "")),
        leaves=draw(st.booleans()),
        admin=admin,
        again=draw(some("", "", "passwordConfirmation", "password_confirm", "password2")),
        also=draw(some("", "", "name", "fullName")),
        inside=draw(some("", "", "data", "result")),
        at_once=entry in (Entry.BEARER, Entry.COOKIE) and draw(rarely()),
        forgery=draw(some("cookie", "body", "read")) if entry is Entry.COOKIE else "cookie",
        cascade=draw(st.booleans()),
    )


@st.composite
def rules_for(
    draw: DrawFn, members: Sequence[Member], references: Sequence[Reference], before: Sequence[Kind]
) -> tuple[Rule, ...]:
    """Draw at most one rule that the document does not tell."""
    told = {one.words for one in members}
    possible = [rule for one in members for rule in demands(one)]
    possible += [Rule(demand=Demand.AFTER, words=late, other=early) for early, late in words.SPANS if late in told]
    single = [one for one in references if one.required and one.form is Form.ID]
    pointing = [f"{one.role} {before[one.target].noun} id".strip() for one in single]
    if len(pointing) == 2:
        demand = Demand.DIFFERENT if single[0].role else Demand.PAIR
        possible += [Rule(demand=demand, words=pointing[1], other=pointing[0])] * 4
    if not possible or not draw(st.booleans()):
        return ()
    return (draw(st.sampled_from(possible)),)


def demands(one: Member) -> list[Rule]:
    """Return the rules that may go for a member."""
    form = one.schema.get("format")
    found: list[Rule] = []
    if not one.required:
        found.append(Rule(demand=Demand.REQUIRED, words=one.words))
    if one.schema.get("type") == "string" and form is None and "enum" not in one.schema:
        found.append(Rule(demand=Demand.UNIQUE, words=one.words))
        if "pattern" not in one.schema:
            found.append(Rule(demand=Demand.MIN_LENGTH, words=one.words, limit=40))
    if one.words in words.HIDDEN:
        found.append(Rule(demand=Demand.ONE_OF, words=one.words, limit=words.HIDDEN[one.words]))
    if one.words == "quantity":
        found.append(Rule(demand=Demand.AT_MOST, words=one.words, limit=3))
    if one.words in words.WRITTEN:
        found.append(Rule(demand=Demand.PATTERN, words=one.words, limit=words.WRITTEN[one.words]))
    if one.words in {"payment date", "delivery date"}:
        found.append(Rule(demand=Demand.PAST, words=one.words))
    if form == "date" and one.words != "birth date":
        found.append(Rule(demand=Demand.FUTURE, words=one.words))
    return found
