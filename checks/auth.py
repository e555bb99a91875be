"""Who is calling: operations that demand credentials accept real ones and nothing else."""

from __future__ import annotations

import base64
import json
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from auditor import compare
from auditor.check import check
from auditor.evidence import (
    Bound,
    Contrast,
    NotApplicable,
    Scope,
    Stage,
    Steps,
    Unavailable,
    World,
    anonymous,
    ask,
    control,
    left_behind,
    recipe,
)
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Exchange,
    Json,
    Mutation,
    Operation,
    Request,
    Severity,
    Verdict,
    failed,
    passed,
    unsure,
)
from checks._owners import holds_nothing, owners_values, refused, sent_values, shared_canaries, shows_nothing, writes

# --- auth.anonymous-access ----------------------------------------------------------------------------------


@check(
    "auth.anonymous-access",
    standards=("AUTH-1",),
    severity=Severity.CRITICAL,
    on=anonymous,
    refs=("OWASP API2:2023", "CWE-306", "ASVS 8.2.1"),
)
def anonymous_access(asked: Contrast) -> Verdict:
    """Protected operations refuse anonymous callers.

    Why: the description promises that this operation needs credentials. If it answers without them, anyone who
    finds the URL has the data.

    Fix: enforce authentication where requests enter the application, so that a new route is protected until someone
    says otherwise. Express: `app.use('/api', authenticate)`; FastAPI:
    `APIRouter(dependencies=[Depends(current_user)])`; Django REST: `DEFAULT_PERMISSION_CLASSES = [IsAuthenticated]`;
    Spring: `anyRequest().authenticated()`.

    Known limits: operations that need credentials but do not say so in the description are not asked.
    """
    changed = asked.changed
    if refused(changed) or offers_login(asked):
        return passed()
    if not changed.succeeded:
        return unsure(f"answered {changed.response.status} without credentials, which neither grants nor refuses")
    return anonymous_write(asked) if writes(asked) else anonymous_read(asked)


def anonymous_read(asked: Contrast) -> Verdict:
    status = asked.changed.response.status
    if holds_nothing(asked.changed):
        return passed(note=f"answered {status} without credentials, with nothing in it")
    if not asked.same_answer():
        return unsure(f"answered {status} without credentials, with other content than to its owner")
    if not owners_values(asked):
        return unsure(f"answered {status} without credentials; nothing in the answer shows whose it is")
    return failed(f"answered {status} to a caller without credentials, with the owner's data", signature="status=2xx")


def anonymous_write(asked: Contrast) -> Verdict:
    method, status = asked.changed.request.method, asked.changed.response.status
    if asked.took_effect():
        return failed(f"{method} was answered {status} without credentials and took effect", signature="effect")
    if asked.same_answer() and shared_canaries(asked) - sent_values(asked.changed.request):
        return failed(
            f"{method} was answered {status} without credentials, with the owner's data", signature="status=2xx"
        )
    if shows_nothing(asked):
        return passed(note=f"{method} was answered {status} without credentials but changed nothing")
    return unsure(f"{method} was answered {status} without credentials, and no read shows what it did")


def offers_login(asked: Contrast) -> bool:
    """A page where the control was data: what browsers get instead of a refusal."""
    return asked.changed.response.is_html and not asked.control.response.is_html


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


@check(
    "auth.invalid-token",
    standards=("AUTH-1",),
    severity=Severity.CRITICAL,
    on=impostor,
    refs=("OWASP API2:2023", "CWE-287", "RFC 6750 3.1"),
)
def invalid_token(asked: Impostors) -> Verdict:
    """Malformed, truncated and made-up credentials are refused.

    Why: a credential that is accepted without being verified is no credential. Anyone can make one up and call the
    API in somebody's name.

    Fix: let one library verify every credential, and refuse with 401 whatever it rejects, malformed ones included.
    Express: `jwt.verify`, never `jwt.decode`; FastAPI: `jwt.decode(token, key, algorithms=["HS256"])` with
    `except InvalidTokenError: raise HTTPException(401)`; Django REST: raise `AuthenticationFailed`, do not return
    None; Spring: `oauth2ResourceServer().jwt()`.

    Known limits: on most operations only a truncated credential is tried; the first three get every kind.
    """
    accepted = [one for one in asked.tried if accepts(asked, one)]
    if accepted:
        said = f"answered {accepted[0].response.status} to credentials that are none ({kinds(accepted)})"
        return failed(said, signature="status=2xx")
    broken = [one for one in asked.tried if one.response.status >= 500]
    if broken:
        said = f"answered {broken[0].response.status} to a malformed credential ({kinds(broken)})"
        return failed(said, severity=Severity.MEDIUM, signature="status=5xx")
    open_ended = [one for one in asked.tried if one.succeeded]
    if open_ended:
        operation = open_ended[0].operation
        reads = operation is None or operation.safe
        why = "but not what its owner gets" if reads else "and no read shows what it did"
        return unsure(f"answered {open_ended[0].response.status} to {kinds(open_ended)}, {why}")
    return passed()


def accepts(asked: Impostors, one: Exchange) -> bool:
    """The made-up credential got what the real one gets; for a write, it did what it asked for."""
    if not one.succeeded:
        return False
    answered = Contrast(control=asked.control, changed=one, again=asked.again, effect=asked.effect)
    return answered.took_effect() if writes(answered) else answered.same_answer()


def kinds(exchanges: list[Exchange]) -> str:
    return ", ".join(one.request.mutation.kind for one in exchanges if one.request.mutation)


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
    """Without credentials: refused, or nothing would be proven."""
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
    """Ask one operation; None where it cannot be staged or answers anybody."""
    try:
        stage = yield from world.stage(operation)
    except Unavailable:
        return None
    before = yield from control(stage, world)
    bare = yield from ask(world.request(stage, identity=ANONYMOUS, purpose="no credentials"))
    if not refused(bare):
        return None
    tried = []
    for kind, token in forged.items():
        tried.append((yield from ask(with_forged(stage, world, kind, token))))
    again = yield from control(stage, world, again=True)
    return Forgery(operation=operation.label, control=before, bare=bare, forged=tuple(tried), again=again)


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
    if role:
        changed[role] = raised(claims[role])
    return changed or {"audit": "changed"}


def raised(value: Json) -> Json:
    """More rights, in the claim's own form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [*value, "admin"]
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


@check(
    "auth.jwt-forgery",
    standards=("AUTH-2",),
    severity=Severity.CRITICAL,
    on=forged_tokens,
    refs=("CWE-347", "RFC 8725 3.1", "ASVS 9.1.1", "ASVS 9.1.2"),
)
def jwt_forgery(asked: Forgeries) -> Verdict:
    """A changed or unsigned token is refused.

    Why: the signature is all that ties a token to whoever issued it. If it is not verified, a caller edits the
    claims and becomes any user, or an administrator.

    Fix: verify with one fixed algorithm and key, and never read claims before. Express: `jwt.verify(token, key,
    {algorithms: ['RS256']})`; FastAPI: `jwt.decode(token, key, algorithms=["RS256"])` without
    `options={"verify_signature": False}`; Django: `SIMPLE_JWT = {"ALGORITHM": "RS256"}`; Spring:
    `NimbusJwtDecoder.withPublicKey(key)`.
    """
    accepted = [(one.operation, forged) for one in asked.tried for forged in one.forged if taken(one, forged)]
    if accepted:
        named = sorted({kinds([forged]) for _, forged in accepted})
        where = sorted({operation for operation, _ in accepted})
        return failed(f"{', '.join(where)} accepted forged tokens: {', '.join(named)}", signature=signature(named))
    doubtful = [forged for one in asked.tried for forged in one.forged if forged.succeeded]
    if doubtful:
        return unsure(f"answered {doubtful[0].response.status} to {kinds(doubtful)}, but not what its owner gets")
    return passed()


def taken(asked: Forgery, forged: Exchange) -> bool:
    """The forged token was answered like a real one: as its owner's, or, with a claim changed, in the same form."""
    if not forged.succeeded or not refused(asked.bare):
        return False
    answered = Contrast(control=asked.control, changed=forged, again=asked.again)
    return answered.same_answer() or (claims_changed(forged) and alike(asked.control, forged))


def claims_changed(forged: Exchange) -> bool:
    return forged.request.mutation is not None and forged.request.mutation.kind.endswith("-changed")


def alike(one: Exchange, other: Exchange) -> bool:
    """Two answers of one form: what an impostor gets of another user has other values under the same keys."""
    left, right = one.response.json(), other.response.json()
    if left is NOT_JSON or right is NOT_JSON:
        return False
    return compare.jaccard(compare.leaf_keys(left), compare.leaf_keys(right)) >= compare.SIMILAR_KEYS


def signature(named: list[str]) -> str:
    """Name the weakness, not each token: unsigned tokens, or tokens whose signature is not looked at."""
    return "alg-none" if all(one.startswith("alg-") for one in named) else "unverified"
