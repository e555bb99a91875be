"""What answers give away: passwords, hashes, secrets and keys."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from auditor import compare
from auditor.check import check
from auditor.evidence import (
    ABSENT,
    EVERY_EXCHANGE,
    ONCE,
    Absent,
    Bound,
    Change,
    NotApplicable,
    Scope,
    Stage,
    Steps,
    Unavailable,
    World,
    ask,
    recipe,
)
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Exchange,
    Field,
    Json,
    Location,
    Mutation,
    Operation,
    Request,
    Role,
    SecretHit,
    Severity,
    Verdict,
    failed,
    passed,
)

# --- data.sensitive-fields ----------------------------------------------------------------------------------

_WHOSE = (
    r"(?:(?:user|account|admin|login|new|old|current|previous|hashed|encrypted|plain|raw|temporary|temp|db|smtp)_)*"
)
SENSITIVE = re.compile(
    rf"{_WHOSE}(?:password|passwd|passphrase|pwd)(?:_(?:hash|hashed|digest|salt|encrypted|plain))?"
    r"|(?:password_|hash_)?salt|hash_of_password"
    r"|(?:(?:client|app|application|api|shared|webhook|signing|jwt|session|mfa|totp|otp|two_factor|hmac|encryption)_)?"
    r"secret(?:_key|_access_key)?|aws_secret_access_key"
    r"|(?:(?:ssh|rsa|pgp|gpg|tls|ssl|server|client)_)?private_key(?:_pem)?|(?:encryption|signing|master)_key"
    r"|(?:x_)?api_?key|otp|otp_code|totp_seed|otp_?auth_ur[li]|(?:recovery|backup)_codes?"
    r"|(?:(?:password_)?reset|verification|email_verification|activation|confirmation|remember)_token"
    r"|(?:card_)?(?:cvv2?|cvc2?)|ssn|social_security_number|card_pin|pin_code"
)
"""Anchored on the folded name: `has_password`, `password_changed_at`, bare `key`, `pin` and `token` are none."""
TOKENS = re.compile(r"(?:access|refresh|id|auth|session|bearer)_token|jwt|auth_jwt")
"""What a login hands out on purpose, and nothing else should."""

HANDING_OUT = frozenset(
    {
        "login",
        "signin",
        "logon",
        "token",
        "tokens",
        "refresh",
        "renew",
        "register",
        "signup",
        "registration",
        "session",
        "sessions",
        "oauth",
        "oauth2",
        "authenticate",
        "authentication",
        "auth",
        "jwt",
        "callback",
    }
)
ISSUING = frozenset(
    {
        "key",
        "keys",
        "apikey",
        "apikeys",
        "token",
        "tokens",
        "secret",
        "secrets",
        "credential",
        "credentials",
        "client",
        "clients",
        "application",
        "applications",
        "app",
        "apps",
        "webhook",
        "webhooks",
        "rotate",
        "regenerate",
    }
)
"""A POST about one of these shows the new secret once, as it must."""
SECOND_FACTOR = frozenset({"mfa", "2fa", "totp", "otp", "tfa", "twofactor", "authenticator"})
BEGINNING = frozenset(
    {"setup", "enable", "enroll", "enrol", "enrollment", "begin", "start", "activate", "generate", "register", "init"}
    | {"new", "create", "provision", "secret", "qr", "qrcode"}
)
"""A second factor shows its secret once, when it is begun: `POST /me/totp`, `POST /auth/2fa/setup`."""
CREDENTIALS_SENT = frozenset(
    {"password", "passwd", "pwd", "pass", "refresh_token", "refresh", "grant_type", "otp", "code"}
)

SHAPES = {
    "argon2": re.compile(r"\$argon2(?:id|i|d)\$[A-Za-z0-9+/=,.$-]{10,}"),
    "bcrypt": re.compile(r"\$2[abxy]?\$\d{2}\$[./A-Za-z0-9]{53}"),
    "pbkdf2": re.compile(r"pbkdf2[_:-]?(?:sha\d{1,3})?[$:]\d{1,9}\$[A-Za-z0-9+/=.$-]{10,}"),
    "pem": re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----"),
    "aws-key": re.compile(r"(?<![A-Za-z0-9])AKIA(?![0-9A-Z]{0,13}EXAMPLE)[0-9A-Z]{16}(?![A-Za-z0-9])"),
    "stripe-key": re.compile(r"(?:sk|rk)_live_[A-Za-z0-9]{10,}"),
    "github-token": re.compile(r"gh[pousr]_[A-Za-z0-9]{36,}"),
    "dsn": re.compile(r"[a-z][a-z0-9+.-]{1,30}://[^\s\"'<>/@:]{0,100}:(?![*x{$%«])[^\s\"'<>/@]{1,200}@[^\s\"'<>/@]"),
}
"""Secrets by their looks, as a hand-built exchange holds them; a recorded one holds `«shape:NAME»` instead."""
SHAPE = re.compile(rf"«shape:({'|'.join(SHAPES)})»")

MASKED = re.compile(r"(?i).*(?:\*{3}|[•●·]{3}|\.{4}).*|x{4,}|[\[<(]?(?:redacted|filtered|hidden|masked|removed)[\])>]?")
OWN_PASSWORD = re.compile(r"«[^»]+\.password#\d+(?::\w+)?»")
"""A password of the audit's own that came back, which is for data.password-canary to tell."""
SHORTEST = 4


@check(
    "data.sensitive-fields",
    standards=("DATA-1",),
    severity=Severity.CRITICAL,
    on=EVERY_EXCHANGE,
    refs=("OWASP API3:2023", "CWE-200", "CWE-522", "ASVS 15.3.1"),
)
def sensitive_fields(one: Exchange) -> tuple[Verdict, ...]:
    """No password, hash, secret or key is in a response.

    Why: whoever sees one answer can crack the hash or use the key. Answers are logged, cached and read by front ends
    that need none of it.

    Fix: answer with a model of its own that names what may leave, never with the stored row. Express: `toJSON`
    deleting the field, or Mongoose `select: false`; FastAPI: `response_model=UserOut`; Django REST: `fields = [...]`
    or `write_only=True`; Spring: a response DTO or `@JsonProperty(access = WRITE_ONLY)`.

    Known limits: a secret that is declared in a response schema but was never seen in an answer is not reported.
    """
    if one.operation is None or not one.response.body:
        return ()
    found = {f"shape={name}": f"a value in the shape of {name}" for name in shapes(one)}
    for name, pointer in sorted(secrets(one)):
        found[f"key={name}"] = f"{pointer} holds an unmasked value"
    return tuple(failed(f"in the answer {said}", signature=mark) for mark, said in found.items()) or (passed(),)


def shapes(one: Exchange) -> frozenset[str]:
    """Return the kinds of secret that the answer's text holds and its request did not."""
    sent = shapes_in(one.request.url + one.request.body.decode("utf-8", "replace"))
    return shapes_in(one.response.text) - sent


def shapes_in(text: str) -> frozenset[str]:
    return frozenset(SHAPE.findall(text)) | {name for name, shape in SHAPES.items() if shape.search(text)}


def secrets(one: Exchange) -> Iterator[tuple[str, str]]:
    """Yield (folded name, general pointer) of every telling member with a plain value; refusals name fields freely."""
    body = one.response.json()
    if body is NOT_JSON or not one.succeeded:
        return
    on_purpose, leaves = handed_out(one), list(compare.walk(body))
    granted = grants(pointer for pointer, _ in leaves)
    for pointer, value in leaves:
        name = member(pointer)
        if plain(value) and is_secret(name) and not on_purpose(name) and pointer not in granted:
            yield name, compare.general(pointer)


def grants(pointers: Iterable[str]) -> frozenset[str]:
    """Return where an access token stands in a grant of its own, made for this answer (RFC 6749 §5.1).

    One that was stored carries no lifetime from now on (`expires_in`), or a refresh token beside it.
    """
    beside: dict[str, dict[str, str]] = {}
    for pointer in pointers:
        beside.setdefault(pointer.rpartition("/")[0], {})[member(pointer)] = pointer
    short_lived = (names for names in beside.values() if {"access_token", "token_type", "expires_in"} <= names.keys())
    return frozenset(names["access_token"] for names in short_lived if "refresh_token" not in names)


def is_secret(name: str) -> bool:
    return bool(SENSITIVE.fullmatch(name) or TOKENS.fullmatch(name))


def plain(value: Json) -> bool:
    """A string that stands there unhidden; a placeholder of the recording counts as what it replaced."""
    if not isinstance(value, str) or len(value) < SHORTEST or OWN_PASSWORD.fullmatch(value):
        return False
    return MASKED.fullmatch(value[:200]) is None


class Purpose:
    """Says which secrets an answer may hold, from what was asked."""

    def __init__(self, *, signing_in: bool, issuing: bool) -> None:
        self.signing_in = signing_in
        self.issuing = issuing

    def __call__(self, name: str) -> bool:
        if self.signing_in and TOKENS.fullmatch(name):
            return True
        return self.issuing and "password" not in name and name not in {"salt", "otp"}


def handed_out(one: Exchange) -> Purpose:
    """Logins, refreshes and registrations hand out tokens; creating a key or a second factor shows it once."""
    path = one.operation.path if one.operation else one.request.path
    words, posted = last_words(path), one.request.method == "POST"
    asked_for = last_words(path, segments=2) if posted else words  # POST /token/bot, POST /auth/google
    signing_in = bool(asked_for & HANDING_OUT) or bool(sent_names(one.request) & CREDENTIALS_SENT)
    begun = words & SECOND_FACTOR or (words & BEGINNING and asked_for & SECOND_FACTOR)
    issuing = bool(words & ISSUING or begun)
    return Purpose(signing_in=signing_in, issuing=posted and issuing)


def last_words(path: str, *, segments: int = 1) -> frozenset[str]:
    """Return the words of the last segments that are no parameters, joined forms included (`sign-in`)."""
    named = [part for part in path.strip("/").split("/") if part and not part.startswith("{")]
    found = [folded(part).split("_") for part in named[-segments:]]
    return frozenset(word for words in found for word in (*words, "".join(words)))


def sent_names(request: Request) -> frozenset[str]:
    body = request.json()
    if isinstance(body, dict):
        return frozenset(folded(name) for name in body)
    return frozenset(folded(name) for name, _ in parse_qsl(request.body.decode("utf-8", "replace")[:10_000]))


def member(pointer: str) -> str:
    """Return the folded name under which a leaf lies, list positions left out."""
    return folded(next((part for part in reversed(pointer.split("/")) if part and not part.isdigit()), ""))


def folded(name: str) -> str:
    """`passwordHash`, `Password-Hash` and `password_hash` are one name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name[:100])
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


# --- data.password-canary -----------------------------------------------------------------------------------

PASSWORD = re.compile(r"^(?:user_|login_|account_)?(?:password|passwd|pwd|pass)\d?$")
HASHED = frozenset({"md5", "sha1", "sha256"})
REGISTRATIONS = 2
"""Operations beside the login that are sent a bad body with a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provoked:
    """Bad requests with a throw-away password, each of which a careless server quotes in its refusal."""

    sent: tuple[Exchange, ...]


@recipe(scope=Scope.API, at_most=Bound(requests=12), confirm=ONCE)
def provoked_echo(world: World) -> Steps[Provoked]:
    """Log in and register with a throw-away password and nothing else, so that the refusal may quote it."""
    sent: list[Exchange] = []
    login = yield from bad_login(world)
    if login is not None:
        sent.append((yield from ask(login)))
    password = (login and sent_password(login)) or "".join(world.rng.choices(string.ascii_letters, k=24))
    for operation in registrations(world, login):
        sent.append((yield from ask(bad_registration(operation, password, world))))
    if not sent:
        raise NotApplicable("no operation takes a password")
    return Provoked(sent=tuple(sent))


def bad_login(world: World) -> Steps[Request | None]:
    """Return a login that carries a known password and no name; None where there is no login."""
    try:
        identity = yield from world.disposable()
    except Unavailable:
        identity = None
    try:
        request = world.login_request(identity=identity)
    except Unavailable:
        return None
    mutation = Mutation(location="body", pointer="/", kind="password-only")
    bad = password_only(request)
    return replace(request, body=bad, mutation=mutation, role=Role.PROBE, purpose="a login without a name")


def password_only(request: Request) -> bytes:
    """Leave nothing but the password in a body, JSON or form."""
    body = request.json()
    if isinstance(body, dict):
        return json.dumps({name: value for name, value in body.items() if PASSWORD.match(folded(name))}).encode()
    pairs = parse_qsl(request.body.decode("utf-8", "replace"))
    return urlencode([(name, value) for name, value in pairs if PASSWORD.match(folded(name))]).encode()


def sent_password(request: Request) -> str:
    body = request.json()
    pairs = list(body.items()) if isinstance(body, dict) else parse_qsl(request.body.decode("utf-8", "replace"))
    return next((value for name, value in pairs if PASSWORD.match(folded(name)) and isinstance(value, str)), "")


def registrations(world: World, login: Request | None) -> list[Operation]:
    """Return operations that anybody may call and that take a password beside other required members."""
    asked = None if login is None else login.operation
    posts = [one for one in world.document.operations if one.method == "POST" and one is not asked and not one.security]
    return [one for one in posts if password_fields(one, world) and others(one, world)][:REGISTRATIONS]


def password_fields(operation: Operation, world: World) -> list[Field]:
    return [one for one in body_fields(operation, world) if PASSWORD.match(folded(one.name))]


def others(operation: Operation, world: World) -> list[Field]:
    return [one for one in body_fields(operation, world) if one.required and not PASSWORD.match(folded(one.name))]


def body_fields(operation: Operation, world: World) -> list[Field]:
    return [one for one in world.fields(operation) if one.location is Location.BODY and one.pointer.count("/") == 1]


def bad_registration(operation: Operation, password: str, world: World) -> Request:
    changes = [change(one, password) for one in password_fields(operation, world)]
    changes += [change(one, ABSENT) for one in others(operation, world)]
    stage = Stage(operation=operation, actor=ANONYMOUS)
    return world.request(stage, changes=changes, purpose="a registration without a name")


def change(field: Field, value: Json | Absent) -> Change:
    return Change(location=Location.BODY, pointer=field.pointer, value=value, kind="password-only")


@check(
    "data.password-canary",
    standards=("DATA-1",),
    severity=Severity.CRITICAL,
    on=EVERY_EXCHANGE,
    also=(provoked_echo,),
    refs=("CWE-200", "CWE-522", "OWASP API3:2023"),
)
def password_canary(one: Exchange) -> Verdict:
    """A password we sent never comes back.

    Why: what the server can repeat it has kept, or writes wherever its answers go: logs, caches, error trackers. A
    password is for comparing, once, and then for forgetting.

    Fix: hash it where it enters, leave it out of every model that is sent, and out of validation errors. Express: no
    `value` in `express-validator` errors; FastAPI: an exception handler that drops `input` from
    `exc.errors()`; Django REST: `write_only=True`; Spring: no `rejectedValue` in error bodies.
    """
    hits = [hit for hit in one.facts.hits if hit.kind == "password"]
    leaked = [hit for hit in hits if not hit.sent_here or hit.form in HASHED]
    if leaked:
        return failed(f"a password came back in {described(leaked)}", signature=f"leak={places(leaked)}")
    if hits:
        said = f"the answer to the request that carried a password repeats it in {described(hits)}"
        return failed(said, severity=Severity.MEDIUM, signature=f"echo={places(hits)}")
    return passed()


def described(hits: list[SecretHit]) -> str:
    return ", ".join(sorted({f"the {hit.where} ({hit.form})" for hit in hits}))


def places(hits: list[SecretHit]) -> str:
    return ",".join(sorted({f"{hit.where}:{hit.form}" for hit in hits}))
