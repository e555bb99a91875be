"""A backend as drawn: its conventions, its kinds of things, who may call it. Plain data, so that failures print."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from enum import StrEnum

from auditor.model import Json


class Ids(StrEnum):
    """How a kind names its items, and under which member (`key` of the kind)."""

    INTEGER = "integer"
    NUMERIC = "numeric string"
    UUID = "uuid"
    SLUG = "slug"
    ULID = "ulid"
    HEX = "24 hex digits"


class Answer(StrEnum):
    """How one item is answered: bare, or inside something."""

    PLAIN = "plain"
    DATA = "data"
    NAMED = "named"
    LOCATION = "location"
    """A create says only where the item lies; a read answers it bare."""
    JSON_API = "json:api"


class Listing(StrEnum):
    PLAIN = "plain"
    ITEMS = "items"
    DATA = "data"
    RESULTS = "results"
    HAL = "_embedded"


class Case(StrEnum):
    CAMEL = "camel"
    SNAKE = "snake"
    KEBAB = "kebab"


class Form(StrEnum):
    """How a body points to another item."""

    ID = "doctor_id"
    NAME = "doctor"
    MANY = "doctor_ids"


class Dialect(StrEnum):
    """Whose framework the refusals sound like."""

    FASTAPI = "fastapi"
    DRF = "drf"
    SPRING = "spring"
    RAILS = "rails"
    EXPRESS = "express-validator"
    PROBLEM = "problem+json"
    SENTENCE = "sentence"
    JSON_API = "json:api"
    """Spoken where items are answered so, and nowhere else."""


class Demand(StrEnum):
    """A rule that the document does not tell."""

    REQUIRED = "required"
    UNIQUE = "unique"
    AFTER = "after"
    FUTURE = "future"
    MIN_LENGTH = "min length"
    PAST = "past"
    AT_MOST = "at most"
    PATTERN = "pattern"
    DIFFERENT = "different"
    """Two references to one kind may not name the same item."""
    PAIR = "pair"
    """No two items have the same in both members."""
    ONE_OF = "one of"


class Entry(StrEnum):
    """How callers become known."""

    OPEN = "none"
    BEARER = "bearer"
    FORM = "form login"
    BASIC = "basic"
    COOKIE = "cookie and csrf"
    KEY = "api key"


class Drawn:
    """Prints only what is not as plain as can be."""

    def __repr__(self) -> str:
        told = ((one, getattr(self, one.name)) for one in fields(self))  # type: ignore[arg-type]
        shown = [f"{one.name}={value!r}" for one, value in told if one.default is MISSING or value != one.default]
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclass(frozen=True, kw_only=True, repr=False)
class Member(Drawn):
    """A member of a body: its words, its schema (2020-12), and a value that fits."""

    words: str
    schema: Json
    sample: Json
    required: bool = True


@dataclass(frozen=True, kw_only=True, repr=False)
class Reference(Drawn):
    """A member that holds the id of an item of another kind, by its place among the kinds."""

    target: int
    form: Form = Form.ID
    required: bool = True
    role: str = ""
    """A word before the noun, where one body points to a kind twice: `from account id`."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Rule(Drawn):
    """A demand on the member called `words`; `other` is the member it is compared with, `limit` its argument."""

    demand: Demand
    words: str
    other: str = ""
    limit: Json = None


@dataclass(frozen=True, kw_only=True, repr=False)
class Kind(Drawn):
    """A kind of things. Everything but the noun has a plain default, so that failures shrink to little."""

    noun: str
    plural: str
    ids: Ids = Ids.INTEGER
    key: str = "id"
    parent: int | None = None
    shallow: bool = False
    """Its items lie at the top though its collection lies inside its parent's items."""
    members: tuple[Member, ...] = ()
    references: tuple[Reference, ...] = ()
    filtered_by: int | None = None
    """The list demands a query parameter that names an item of this kind."""
    rules: tuple[Rule, ...] = ()
    owned: bool = False
    """Callers see only what is theirs."""
    by_admin: bool = False
    """Only an administrator creates, changes and removes."""
    actions: tuple[str, ...] = ()
    """Deeds that follow one another: the second is refused before the first was done."""
    update: str = "PUT"
    """PUT, PATCH, or "" for neither."""
    removed: int = 204
    """Status of a removal; 0 where nothing is removed."""
    made: int = 201
    changed: int = 200
    """Status of an update; 204 answers nothing."""
    lookup: bool = False
    """Only read: its items were there before, and others may point to them."""
    cascade: bool = False
    """What lies in an item goes with it; else it keeps the item from going."""
    chosen: bool = False
    """Callers choose the slug of a new item; an update with another moves it."""
    guarded: bool = False
    """Writes want the ETag of the last read (RFC 9110 §13.1.1), 428 without."""
    trap: str = ""
    """What nobody may ask for: "DELETE" of the whole collection, or a deed that takes all of it."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Access(Drawn):
    """How callers register, sign in and leave."""

    entry: Entry = Entry.OPEN
    base: str = "/auth"
    register: str = "register"
    login: str = "login"
    username: str = "email"
    token: str = "access_token"
    whoami: str = "/me"
    leaves: bool = True
    """A caller can remove itself."""
    admin: bool = False
    """An administrator is given by configuration."""
    again: str = ""
    """The member in which a registration wants the password once more."""
    also: str = ""
    """Another member that a registration wants."""
    inside: str = ""
    """The member of a login's answer that holds the token's."""
    at_once: bool = False
    """A registration signs in as well, and answers as a login does."""
    forgery: str = "cookie"
    """Where the token against forged requests is told: "cookie", "body" of the login, or "read" of its own."""
    cascade: bool = False
    """Who leaves takes along what is theirs."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Backend(Drawn):
    kinds: tuple[Kind, ...] = ()
    order: tuple[int, ...] = ()
    """In which order the document names the kinds; empty for theirs."""
    openapi: str = "3.1.0"
    prefix: str = ""
    member_case: Case = Case.CAMEL
    path_case: Case = Case.KEBAB
    own_parameters: bool = False
    """Item paths say `{doctorId}`, not `{id}`."""
    answer: Answer = Answer.PLAIN
    listing: Listing = Listing.PLAIN
    shared_schema: bool = False
    """One schema for bodies and answers, with the id in it, read only."""
    strict: bool = False
    """Unknown members are refused, and the document says so."""
    slash: bool = False
    """Paths end in a slash, as Django writes them."""
    enveloped: bool = False
    """Bodies lie in a member of the kind's name, as Rails has them."""
    dialect: Dialect = Dialect.FASTAPI
    access: Access = Access()

    # --- names

    def member(self, words: str) -> str:
        return cased(words, self.member_case)

    def segment(self, kind: Kind) -> str:
        return cased(kind.plural, self.path_case)

    def key(self, kind: Kind) -> str:
        """Return the member under which an item of the kind tells its id."""
        return kind.key if kind.key.startswith("_") else self.member(kind.key)

    def pointing(self, reference: Reference) -> str:
        """Return the member (or query parameter) that points to another kind."""
        target = self.kinds[reference.target]
        words = {Form.ID: f"{target.noun} id", Form.NAME: target.noun, Form.MANY: f"{target.noun} ids"}
        return self.member(f"{reference.role} {words[reference.form]}".strip())

    def parameter(self, kind: Kind) -> str:
        """Return the path parameter that names an item of the kind."""
        nests = any(one.parent is not None and self.kinds[one.parent] is kind for one in self.kinds)
        if kind.ids is Ids.SLUG and not (self.own_parameters or nests):
            return "slug"
        return self.member(f"{kind.noun} id") if self.own_parameters or nests or kind.parent is not None else "id"

    # --- paths, without the version in front

    def collection(self, kind: Kind) -> str:
        own = f"/{self.segment(kind)}"
        return own if kind.parent is None else self.deep_item(self.kinds[kind.parent]) + own

    def deep_item(self, kind: Kind) -> str:
        return f"{self.collection(kind)}/{{{self.parameter(kind)}}}"

    def item(self, kind: Kind) -> str:
        return f"/{self.segment(kind)}/{{{self.parameter(kind)}}}" if kind.shallow else self.deep_item(kind)

    def ancestors(self, kind: Kind) -> tuple[Kind, ...]:
        """Return the kinds that the collection's path names, outermost first."""
        if kind.parent is None:
            return ()
        parent = self.kinds[kind.parent]
        return (*self.ancestors(parent), parent)


def cased(words: str, case: Case) -> str:
    """Write words as a name: `order items` → orderItems, order_items, order-items."""
    first, *rest = words.split()
    if case is Case.CAMEL:
        return first + "".join(one.capitalize() for one in rest)
    return ("_" if case is Case.SNAKE else "-").join((first, *rest))
