"""Values that fit what a field is called: e-mails, names, dates, prices, codes.

Everything invented here is undeliverable: example.com (RFC 2606), fictional telephone numbers, the marks of the run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from auditor.model import Json

DOMAIN = "example.com"
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """What a made value may depend on: the run's mark, the count, the day, and a place of its own."""

    canary: str
    place: str
    count: int
    today: date
    limit: int = 1_000_000
    """The longest text allowed, in characters."""

    @property
    def mark(self) -> str:
        """Unique in the run for this place and count: the canary, four hex digits of the place, the count."""
        whole = f"{self.canary}{digest(self.place)[1:5]}{self.count}"
        return whole if len(whole) <= self.limit else digest(whole)[: max(self.limit, 1)]

    def shorter(self, characters: int) -> Making:
        """Leave room for a prefix or suffix of so many characters."""
        return Making(
            canary=self.canary,
            place=self.place,
            count=self.count,
            today=self.today,
            limit=max(self.limit - characters, 1),
        )

    def number(self, below: int) -> int:
        """A number of this place that moves on with the count."""
        return (int(digest(self.place)[:8], 16) + self.count) % below


def digest(text: str) -> str:
    """Hex digits that start with a letter: identifiers often must."""
    return "a" + hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def words(name: str) -> tuple[str, ...]:
    """Split a name of any style into lower-case words: `billingZIPCode`, `billing_zip-code` alike."""
    return tuple(word.lower() for word in WORD.findall(name))


def mark(making: Making) -> str:
    return making.mark


def email(making: Making) -> str:
    return f"{making.shorter(len(DOMAIN) + 1).mark}@{DOMAIN}"


def labelled(label: str) -> Callable[[Making], str]:
    """A readable name with the mark behind it."""

    def make(making: Making) -> str:
        room = making.shorter(len(label) + 1)
        return f"{label} {room.mark}" if making.limit > len(label) + 8 else making.mark

    return make


def uri(making: Making) -> str:
    return f"https://{DOMAIN}/{making.shorter(len(DOMAIN) + 9).mark}"


def uuid(making: Making) -> str:
    """A version 4 UUID of this mark."""
    return str(UUID(hashlib.sha256(making.mark.encode()).hexdigest()[:32], version=4))


def phone(making: Making) -> str:
    """A number of the range reserved for fiction (555-0100 to 555-0199)."""
    return f"+1202555{100 + making.number(100):04d}"


def day(offset: int) -> Callable[[Making], str]:
    """A date so many days from today, a day further with every count."""

    def make(making: Making) -> str:
        step = making.count % 300
        return (making.today + timedelta(days=offset - step if offset < 0 else offset + step)).isoformat()

    return make


def moment(offset: int) -> Callable[[Making], str]:
    make_day = day(offset)
    return lambda making: f"{make_day(making)}T12:00:00Z"


def always(value: Json) -> Callable[[Making], Json]:
    return lambda making: value


def sku(making: Making) -> str:
    return f"SKU-{making.shorter(4).mark}".upper()


def password(making: Making) -> str:
    """Long, with every class of character most rules ask for."""
    return f"Aa1!{making.shorter(4).mark}"


PAST, NEAR, LATER = -30, 30, 37
BIRTH = -365 * 30

FORMATS: Mapping[str, Callable[[Making], str]] = {
    "date": day(NEAR),
    "date-time": moment(NEAR),
    "datetime": moment(NEAR),
    "time": always("12:00:00Z"),
    "duration": always("P1D"),
    "email": email,
    "idn-email": email,
    "hostname": lambda making: f"{making.mark}.{DOMAIN}"[-253:],
    "idn-hostname": always(DOMAIN),
    "ipv4": always("192.0.2.1"),
    "ipv6": always("2001:db8::1"),
    "ip": always("192.0.2.1"),
    "uri": uri,
    "url": uri,
    "iri": uri,
    "uri-reference": always("/path"),
    "uri-template": always("/path/{id}"),
    "uuid": uuid,
    "guid": uuid,
    "json-pointer": always("/a"),
    "regex": always("^a*$"),
    "password": password,
    "byte": always("YXVkaXRvcg=="),
    "base64": always("YXVkaXRvcg=="),
    "binary": always("auditor"),
    "snowflake": lambda making: f"1759288472991{making.number(100_000):05d}",
    "phone": phone,
    "decimal": always("19.90"),
    "int64": always("1"),
    "int32": always("1"),
}
"""Text by `format`; a format that is not here says nothing."""

TEXTS: tuple[tuple[str, Callable[[Making], str]], ...] = (
    (r"e ?mail( address)?", email),
    (r"(user|login|screen|nick|account|display) ?names?|login|handle", mark),
    (r"pass(word|wd|phrase)?( confirm(ation)?| repeat| 1| 2)?", password),
    (r"(first|given|fore) ?name", always("Ada")),
    (r"(last|family|sur) ?name", always("Lovelace")),
    (r"middle ?name", always("Byron")),
    (r"(full|person|contact|customer|holder|owner|author|patient|doctor|student|guest) name", labelled("Ada Lovelace")),
    (r"(phone|mobile|telephone|cell|fax)( number| no)?|tel|msisdn", phone),
    (r"(birth ?(day|date)|date of birth|dob|born( on| at)?)", day(BIRTH)),
    (r"(.* )?(end|ends|finish|due|expir(y|es|ation)|until|to|check ?out|return|arrival)( date| on| day)", day(LATER)),
    (r"(.* )?(start|starts|begin|from|check ?in|departure|appointment|booking|event)( date| on| day)", day(NEAR)),
    (r"(.* )?(end|ends|expires|due|until|finish)( time| at)", moment(LATER)),
    (r"(.* )?(start|starts|scheduled|begins)( time| at)", moment(NEAR)),
    (r"(issue|hire|purchase|order|invoice|payment|created|updated)( date| on)", day(PAST)),
    (r"(.* )?date( time)?|day", day(NEAR)),
    (r"(.* )?(url|uri|link|web ?site|homepage|webhook|callback|href|image|avatar|photo|picture|logo)", uri),
    (r"(.* )?(domain|host ?name|host)", always(DOMAIN)),
    (r"(.* )?(ip|ip address|ipv4)", always("192.0.2.1")),
    (r"country( code)?", always("US")),
    (r"(.* )?currency( code)?", always("USD")),
    (r"(language|lang)( code)?", always("en")),
    (r"locale", always("en-US")),
    (r"time ?zone|tz", always("UTC")),
    (r"(.* )?(zip|postal|post)( ?code)?|postcode|pincode", always("94103")),
    (r"(.* )?slug|permalink", mark),
    (r"(.* )?sku|(product|item|part|article) (code|number)|barcode", sku),
    (r"(.* )?(uuid|guid)", uuid),
    (r"(.* )?(color|colour)( code| hex)?", always("#336699")),
    (r"(.* )?(street|address|address line 1|line 1|addr)", always("1 Example Street")),
    (r"(address )?(address line|line) 2", always("Floor 2")),
    (r"(.* )?(city|town|locality)", always("Springfield")),
    (r"(.* )?(state|province|region)( code)?", always("CA")),
    (r"(.* )?(mime|content|media) type", always("text/plain")),
    (r"(.* )?(file ?name)", lambda making: f"{making.shorter(4).mark}.txt"),
    (r"(.* )?(time)", always("12:00")),
    (r"(.* )?version", always("1.0.0")),
    (r"(.* )?(price|amount|total|cost|balance|fee|rate)", always("19.90")),
    (r"(.* )?(quantity|qty|count|number of .*)", always("2")),
    (r"gender|sex", always("female")),
    (r"latitude|lat", always("37.77")),
    (r"longitude|lng|lon|long", always("-122.41")),
    (r"(.* )?(title|subject|headline)", labelled("Title")),
    (r"(.* )?(company|organization|organisation|brand|vendor)( name)?", labelled("Company")),
    (r"(.* )?(description|summary|comments?|message|text|content|body|notes?|bio|review|reason)", labelled("Text")),
    (r"(.* )?name", labelled("Name")),
    (r"(.* )?(tag|label|key|code|reference|ref|identifier|external id)", mark),
)  # fmt: skip
"""Text by name; the first whose expression matches the words of the name."""

UNIQUE = re.compile(
    r"e ?mail( address)?|(user|login|screen|nick|account|display) ?names?|login|handle|nickname"
    r"|(.* )?(slug|permalink|sku|name|title|subject|headline)|(product|item|part|article) (code|number)|barcode"
)
"""Names whose values should differ from one object to the next, and should tell that an object is ours."""
FREE = re.compile(r"(.* )?(description|summary|comments?|message|text|content|body|notes?|bio|review|reason)")
"""Names of free text, where the run's mark does no harm and tells our objects from others'."""
PERSONAL = re.compile(r"(first|given|fore|last|family|sur|middle|file|host|type|class|event|field|time ?zone) ?name")
"""Names that end in "name" and identify nothing."""

NUMBERS: tuple[tuple[str, Callable[[Making], float]], ...] = (
    (r"(.* )?(price|amount|total|cost|fee|salary|balance|value)( .*)?", lambda making: 19.9 + making.count % 50),
    (r"(.* )?(quantity|qty|stock|capacity|count|seats|guests|people|size)", lambda making: 2 + making.count % 50),
    (r"(.* )?(rating|stars|score)", lambda making: 1 + making.count % 5),
    (r"(.* )?year", lambda making: making.today.year),
    (r"(.* )?month", lambda making: 1 + making.count % 12),
    (r"(.* )?day", lambda making: 1 + making.count % 28),
    (r"age", lambda making: 30 + making.count % 40),
    (r"(.* )?(latitude|lat)", lambda making: 37.77),
    (r"(.* )?(longitude|lng|lon)", lambda making: -122.41),
    (r"(.* )?(limit|per page|page size|take)", lambda making: 10),
    (r"(.* )?(duration|minutes)", lambda making: 30 + making.count % 30),
    (r"(.* )?(weight|height|width|length|depth)", lambda making: 10 + making.count % 50),
    (r"(.* )?(percent|percentage|discount|tax)( .*)?", lambda making: 10),
    (r"(.* )?(timestamp)", lambda making: 1_700_000_000 + making.count),
    (r"(.* )?(offset|skip)", lambda making: 0),
)


def compiled(
    table: tuple[tuple[str, Callable[[Making], Json]], ...],
) -> list[tuple[re.Pattern[str], Callable[[Making], Json]]]:
    return [(re.compile(pattern), make) for pattern, make in table]


_TEXTS, _NUMBERS = compiled(TEXTS), compiled(NUMBERS)


def text_maker(name: str) -> Callable[[Making], Json] | None:
    """Find the maker of text for a name; None when the name says nothing."""
    spoken = " ".join(words(name))
    return next((make for pattern, make in _TEXTS if pattern.fullmatch(spoken)), None)


def number_maker(name: str) -> Callable[[Making], Json] | None:
    spoken = " ".join(words(name))
    return next((make for pattern, make in _NUMBERS if pattern.fullmatch(spoken)), None)


def is_unique(name: str, form: str = "") -> bool:
    """Say whether two objects will hardly share the value of a field so called (or of format e-mail)."""
    spoken = " ".join(words(name))
    return form in {"email", "idn-email"} or (bool(UNIQUE.fullmatch(spoken)) and not PERSONAL.search(spoken))


def is_ours(name: str, form: str = "") -> bool:
    """Say whether a value of our own says more than an example: it must be unique, or is free text for our mark."""
    return is_unique(name, form) or (not form and bool(FREE.fullmatch(" ".join(words(name)))))


def is_prose(name: str, example: str) -> bool:
    """Say whether an example of three words and more shows a free text where the name says nothing: `remark`."""
    return text_maker(name) is None and len(example.split()) >= 3


def is_reference(name: str) -> bool:
    """Say whether a name reads as the identifier of some other object: `product_id`, `ownerUUID`, `tagIds`."""
    spoken = words(name)
    return len(spoken) > 1 and spoken[-1] in {"id", "ids", "uuid", "uuids", "guid"}
