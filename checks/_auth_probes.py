"""The questions of the authentication family: credentials that are missing, made up or forged."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from auditor.evidence import (
    Bound,
    NotApplicable,
    Scope,
    Stage,
    Steps,
    Unavailable,
    World,
    ask,
    control,
    left_behind,
    recipe,
)
from auditor.model import (
    ANONYMOUS,
    Credential,
    Exchange,
    Json,
    Mutation,
    Operation,
    Request,
)
from checks._owners import refused

# --- auth.invalid-token -------------------------------------------------------------------------------------

EVERY_ARM_ON = 3
"""Operations on which every made-up credential is tried; the others get the truncated one."""


class Arm(StrEnum):
    TRUNCATED = "truncated"
    GARBAGE = "three-part-garbage"
    EMPTY = "empty"
    BASIC = "token-as-basic"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impostors:
    """One operation asked without and with made-up credentials, and with real ones."""

    control: Exchange
    """Before the others for a read; for a write afterwards, since it may consume the object."""
    bare: Exchange
    """Without credentials: refused, or nothing would be proven."""
    tried: tuple[Exchange, ...]
    again: Exchange
    effect: Exchange | None = None
    """What an authorised read shows after a made-up credential's write was answered 2xx."""


@recipe(at_most=Bound(requests=20))
def impostor(operation: Operation, world: World) -> Steps[Impostors]:
    """Ask with a truncated token, and on the first operations with every other credential that is none."""
    if not operation.protected:
        raise NotApplicable("the operation does not ask for credentials")
    stage = yield from world.stage(operation)
    before = (yield from control(stage, world)) if operation.safe else None
    bare = yield from ask(world.request(stage, identity=ANONYMOUS, purpose="no credentials"))
    if not refused(bare):
        raise Unavailable("callers without credentials are not refused, so made-up ones prove nothing")
    tried = []
    for arm in arms(operation, world):
        tried.append((yield from ask(disguised(stage, world, arm))))
    effect = None
    if tried[-1].succeeded and not operation.safe:
        effect = yield from left_behind(stage, tried[-1], world)
        stage = yield from world.stage(operation)
    again = yield from control(stage, world, again=True)
    return Impostors(control=before or again, bare=bare, tried=tuple(tried), again=again, effect=effect)


def arms(operation: Operation, world: World) -> tuple[Arm, ...]:
    """Every arm on the first protected safe operations of the document, the truncated one everywhere."""
    asked = [one for one in world.document.operations if one.protected and one.safe][:EVERY_ARM_ON]
    return tuple(Arm) if any(one is operation for one in asked) else (Arm.TRUNCATED,)


def disguised(stage: Stage, world: World, arm: Arm) -> Request:
    credential = made_up(world.credential(stage.actor, stage.operation), arm, world.rng)
    request = world.request(stage, credential=credential, purpose=f"a made-up credential: {arm}")
    return replace(request, mutation=Mutation(location="header", pointer="/authorization", kind=arm))


def made_up(real: Credential, arm: Arm, rng: Random) -> Credential:
    """Turn a credential into one that must not work."""
    if arm is Arm.TRUNCATED:
        return each_value(real, lambda value: value[: max(len(value) - 10, len(value) // 2)])
    if arm is Arm.GARBAGE:
        return real.with_value("aud.aud.aud")
    if arm is Arm.EMPTY:
        return each_value(real, lambda value: "")
    if arm is Arm.BASIC and real.token:
        return real.with_token(real.token, scheme="Basic")
    return each_value(real, lambda value: "".join(rng.choices(string.ascii_letters + string.digits, k=len(value))))


def each_value(real: Credential, change: Callable[[str], str]) -> Credential:
    """Change every carried value and keep its scheme; no blank is left at the end, which no header may have.

    A token against forged requests stays as it is: it says where a request comes from, not from whom.
    """
    beside = real.csrf.cookie if real.csrf is not None else ""

    def changed(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        split = ((name, *value.rpartition(" ")) for name, value in pairs)
        return tuple((name, f"{scheme}{blank}{change(value)}".rstrip()) for name, scheme, blank, value in split)

    both = zip(real.cookies, changed(real.cookies), strict=True)
    cookies = tuple(old if old[0] == beside else new for old, new in both)
    return Credential(headers=changed(real.headers), query=changed(real.query), cookies=cookies, csrf=real.csrf)


# --- auth.jwt-forgery ---------------------------------------------------------------------------------------

FORGED_ON = 3
SELF_WORDS = frozenset({"me", "self", "whoami", "profile", "account", "userinfo", "user", "current"})
ROLE_CLAIMS = ("role", "roles", "is_admin", "isAdmin", "admin", "scope", "permissions")
ID_CLAIMS = ("sub", "id", "user_id", "userId", "uid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Jws:
    """A signed token in its three parts, header and claims decoded."""

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    signature: bytes
    text: str

    def signed_as_before(self, claims: Mapping[str, Json]) -> str:
        """Other claims under the old signature."""
        head, _, tail = self.text.split(".")
        return f"{head}.{encoded(claims)}.{tail}"

    def unsigned(self, algorithm: str) -> str:
        return f"{encoded({**self.header, 'alg': algorithm})}.{self.text.split('.')[1]}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgery:
    """One operation asked with forged tokens, between two good answers."""

    operation: str
    control: Exchange
    bare: Exchange
    """With all but the token: refused, or nothing would be proven."""
    forged: tuple[Exchange, ...]
    again: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgeries:
    tried: tuple[Forgery, ...]


@recipe(scope=Scope.API, at_most=Bound(requests=45), mutates=False)
def forged_tokens(world: World) -> Steps[Forgeries]:
    """Ask up to three protected reads with tokens whose claims or signature were changed."""
    token = signed_token(world.credential(world.owner).token)
    if token is None:
        raise NotApplicable("credentials are no signed JSON web tokens")
    forged = forgeries(token, stranger_claims(world))
    tried: list[Forgery] = []
    for operation in tellers(world):
        if len(tried) < FORGED_ON and (one := (yield from forge(operation, world, forged))) is not None:
            tried.append(one)
    if not tried:
        raise Unavailable("no protected read refuses anonymous callers and answers its owner")
    return Forgeries(tried=tuple(tried))


def forge(operation: Operation, world: World, forged: Mapping[str, str]) -> Steps[Forgery | None]:
    """Ask one operation; None where it cannot be staged, asks for no such token, or answers without one."""
    try:
        stage = yield from world.stage(operation)
    except Unavailable:
        return None
    credential = world.credential(stage.actor, operation)
    if signed_token(credential.token) is None:
        return None
    before = yield from control(stage, world)
    bare = yield from ask(world.request(stage, credential=without_token(credential), purpose="no token"))
    if not refused(bare):
        return None
    tried = []
    for kind, token in forged.items():
        tried.append((yield from ask(with_forged(stage, world, kind, token))))
    again = yield from control(stage, world, again=True)
    return Forgery(operation=operation.label, control=before, bare=bare, forged=tuple(tried), again=again)


def without_token(credential: Credential) -> Credential:
    """Leave out what is forged, and nothing else: a cookie or a key beside it may be what opens the door."""
    return replace(credential, headers=tuple(one for one in credential.headers if one[0].lower() != "authorization"))


def with_forged(stage: Stage, world: World, kind: str, token: str) -> Request:
    credential = world.credential(stage.actor, stage.operation).with_token(token)
    request = world.request(stage, credential=credential, purpose=f"a forged token: {kind}")
    return replace(request, mutation=Mutation(location="header", pointer="/authorization", kind=kind))


def tellers(world: World) -> list[Operation]:
    """Return protected reads that the owner was answered: about the caller first, then without parameters."""

    def rank(one: Operation) -> tuple[bool, int, str]:
        return (one.path.rstrip("/").rpartition("/")[2] not in SELF_WORDS, len(one.path_parameters), one.path)

    reads = [one for one in world.document.operations if one.protected and one.method == "GET"]
    return sorted((one for one in reads if reached(world, one)), key=rank)


def reached(world: World, operation: Operation) -> bool:
    try:
        return world.golden(operation).request.identity == world.owner
    except Unavailable:
        return False


def forgeries(token: Jws, stranger: Mapping[str, Json]) -> dict[str, str]:
    """Every forged token by the name of what was done to it; none of them may be accepted."""
    head, claims, _ = token.text.split(".")
    forged = {
        f"{name}-changed": token.signed_as_before({**token.claims, name: value})
        for name, value in changed_claims(token.claims, stranger).items()
    }
    forged["signature-flipped"] = f"{head}.{claims}.{base64url(flipped(token.signature))}"
    forged["signature-stripped"] = f"{head}.{claims}."
    return forged | {f"alg-{name}": token.unsigned(name) for name in ("none", "None", "NONE", "nOnE")}


def changed_claims(claims: Mapping[str, Json], stranger: Mapping[str, Json]) -> dict[str, Json]:
    """One identifier made the stranger's (he exists, so only the signature can be the reason to refuse), one role."""
    changed: dict[str, Json] = {}
    name = next((one for one in ID_CLAIMS if one in claims), "")
    if name and stranger.get(name, claims[name]) != claims[name]:
        changed[name] = stranger[name]
    role = next((one for one in ROLE_CLAIMS if one in claims), "")
    if role and raised(claims[role]) != claims[role]:  # an administrator's token, unchanged, would be a good one
        changed[role] = raised(claims[role])
    return changed or {"audit": "changed"}


def raised(value: Json) -> Json:
    """More rights, in the claim's own form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value if "admin" in value else [*value, "admin"]
    return f"{value} admin" if " " in str(value) else "admin"


def stranger_claims(world: World) -> Mapping[str, Json]:
    try:
        token = signed_token(world.credential(world.stranger).token)
    except Unavailable:
        return {}
    return token.claims if token else {}


def signed_token(text: str) -> Jws | None:
    """Take a compact JWS apart (RFC 7515 §3.1); None for anything else."""
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):
        return None
    try:
        header, claims = (json.loads(decoded(part)) for part in parts[:2])
        signature = decoded(parts[2])
    except ValueError:
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict) or "alg" not in header or not signature:
        return None
    return Jws(header=header, claims=claims, signature=signature, text=text)


def flipped(signature: bytes) -> bytes:
    """Change a middle byte: the last base64url character may decode to the same bytes."""
    middle = len(signature) // 2
    return signature[:middle] + bytes([signature[middle] ^ 0xFF]) + signature[middle + 1 :]


def encoded(value: Mapping[str, Json]) -> str:
    return base64url(json.dumps(value, separators=(",", ":")).encode())


def base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signature(named: list[str]) -> str:
    """Name the weakness, not each token: unsigned tokens, or tokens whose signature is not looked at."""
    return "alg-none" if all(one.startswith("alg-") for one in named) else "unverified"
