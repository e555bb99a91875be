"""Ordinary words to draw from: things, their members, what is done to them."""

from __future__ import annotations

from auditor.model import Json
from tests.random_backends.drawn import Member

NOUNS: tuple[tuple[str, str], ...] = (
    ("doctor", "doctors"),
    ("patient", "patients"),
    ("appointment", "appointments"),
    ("order", "orders"),
    ("order item", "order items"),
    ("product", "products"),
    ("category", "categories"),
    ("invoice", "invoices"),
    ("company", "companies"),
    ("branch", "branches"),
    ("project", "projects"),
    ("task", "tasks"),
    ("comment", "comments"),
    ("book", "books"),
    ("library", "libraries"),
    ("loan", "loans"),
    ("room", "rooms"),
    ("guest", "guests"),
    ("vehicle", "vehicles"),
    ("customer", "customers"),
    ("member", "members"),
    ("account", "accounts"),
    ("session", "sessions"),
    ("role", "roles"),
    ("group", "groups"),
    ("message", "messages"),
    ("file", "files"),
    ("key", "keys"),
    ("course", "courses"),
    ("student", "students"),
    ("recipe", "recipes"),
    ("playlist", "playlists"),
    ("event", "events"),
    ("venue", "venues"),
    ("device", "devices"),
    ("reading", "readings"),
    ("policy", "policies"),
    ("address", "addresses"),
    ("time slot", "time slots"),
    ("payment method", "payment methods"),
    ("blog post", "blog posts"),
)

SPANS = (
    ("start date", "end date"),
    ("starts on", "ends on"),
    ("check in date", "check out date"),
    ("valid from", "valid until"),
    ("pick up day", "drop off day"),
    ("opening date", "closing date"),
)
"""Pairs of days, the earlier first."""
DAY: Json = {"type": "string", "format": "date"}
MOMENT: Json = {"type": "string", "format": "date-time"}


def naming() -> tuple[Member, ...]:
    """Return members that call a thing something."""
    short: Json = {"type": "string", "minLength": 1, "maxLength": 80}
    return (
        Member(words="name", schema=short, sample="Nobody's"),
        Member(words="title", schema=short, sample="Nobody's"),
        Member(words="label", schema={"type": "string", "maxLength": 60}, sample="Nobody's"),
    )


def describing() -> tuple[Member, ...]:
    """Return members that say more of it, each with a constraint of another kind."""
    address: Json = {
        "type": "object",
        "properties": {"street": {"type": "string"}, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}},
        "required": ["street", "zip"],
    }
    return (
        Member(words="description", schema={"type": "string", "maxLength": 500}, sample="There before"),
        Member(words="notes", schema={"type": ["string", "null"]}, sample=None),
        Member(words="price", schema={"type": "number", "exclusiveMinimum": 0}, sample=9.5),
        Member(words="quantity", schema={"type": "integer", "minimum": 1, "maximum": 20}, sample=2),
        Member(words="rating", schema={"type": "integer", "minimum": 1, "maximum": 5}, sample=4),
        Member(words="weight", schema={"type": "number", "minimum": 0.1, "maximum": 99.5}, sample=1.5),
        Member(words="priority", schema={"type": "string", "enum": ["low", "normal", "high"]}, sample="low"),
        Member(words="code", schema={"type": "string", "pattern": "^[A-Z]{3}-[0-9]{4}$"}, sample="ZZZ-0000"),
        Member(words="mode", schema={"type": "string"}, sample="manual"),
        Member(words="reference number", schema={"type": "string"}, sample="ZZ000000"),
        Member(words="channel", schema={"type": "string", "maxLength": 40}, sample="web"),
        Member(words="color", schema={"type": "string", "pattern": "^#[0-9a-f]{6}$"}, sample="#000000"),
        Member(words="contact email", schema={"type": "string", "format": "email"}, sample="nobody@example.org"),
        Member(words="website", schema={"type": "string", "format": "uri"}, sample="https://example.org/"),
        Member(words="phone number", schema={"type": "string", "pattern": "^\\+[0-9]{10,14}$"}, sample="+12025550100"),
        Member(
            words="external id",
            schema={"type": "string", "format": "uuid"},
            sample="0" * 8 + "-0000-4000-8000-" + "0" * 12,
        ),
        Member(words="active", schema={"type": "boolean"}, sample=True),
        Member(words="birth date", schema=DAY, sample="1990-01-01"),
        Member(words="delivery date", schema=DAY, sample="2099-01-01"),
        Member(words="payment date", schema=DAY, sample="2099-01-01"),
        Member(words="scheduled at", schema=MOMENT, sample="2099-01-01T12:00:00Z"),
        Member(
            words="tags",
            schema={"type": "array", "items": {"type": "string", "minLength": 2}, "minItems": 1},
            sample=["old"],
        ),
        Member(words="address", schema=address, sample={"street": "1 Old Street", "zip": "00000"}),
    )


HIDDEN = {"mode": ("manual", "automatic"), "channel": ("web", "phone", "post")}
"""Members whose few values only a refusal tells."""


def span(early: str, late: str) -> tuple[Member, Member]:
    return (Member(words=early, schema=DAY, sample="2099-01-01"), Member(words=late, schema=DAY, sample="2099-02-01"))


WRITTEN = {"reference number": "^[A-Z]{2}[0-9]{6}$"}
"""Members whose form only a refusal tells."""
ROLES = (("from", "to"), ("first", "second"), ("source", "target"))
TRAPS = ("DELETE",)
CHAINS = (
    ("confirm",),
    ("confirm", "ship"),
    ("submit", "approve", "publish"),
    ("start", "finish"),
    ("activate", "archive"),
)
