"""Who is calling: operations that demand credentials accept real ones and nothing else."""

from __future__ import annotations

from auditor import compare
from auditor.check import check
from auditor.evidence import (
    Contrast,
    anonymous,
)
from auditor.model import (
    NOT_JSON,
    Exchange,
    Severity,
    Verdict,
    failed,
    passed,
    unsure,
)
from checks._auth_probes import Forgeries, Forgery, Impostors, forged_tokens, impostor, signature
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
    if asked.wiped:
        said = f"answered {changed.response.status} to a caller without credentials, and removed what was there"
        return failed(said, signature="wiped")
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
