"""How long a credential will be good: what the login says, what the token itself says, how long its cookie is kept."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterable
from math import inf

from auditor.callers.cookies import Cookie
from auditor.compare import walk
from auditor.kinds.sign_in import snake
from auditor.model import NOT_JSON, Credential, Json, Response

SECONDS_KEYS = frozenset({"expires_in", "access_token_expires_in", "token_expires_in", "ttl"})
"""Members that count seconds (RFC 6749 §5.1); others of a like name count minutes, milliseconds, or are dates."""
MARGIN_SECONDS = 30.0
LONGEST = 10 * 365 * 86_400.0
"""Beyond ten years a number is no number of seconds, and nothing will expire in a run anyway."""
SIGNED = re.compile(r"[\w-]+\.([\w-]+)\.[\w-]*")


def lifetime(response: Response, credential: Credential, cookies: Iterable[Cookie]) -> float:
    """Return the seconds a credential is good for from the answer that handed it out; infinite where nothing says.

    A signed token's own claims count first, read and not verified; then what the answer says; then the cookies.
    """
    values = [value for _, value in (*credential.headers, *credential.query, *credential.cookies)]
    claimed = [left for value in values if (left := by_claims(value.rpartition(" ")[2])) is not None]
    sent = {name for name, _ in credential.cookies}
    kept = [one.seconds for one in cookies if one.name in sent]
    said = by_answer(response.json()) if not sent else None
    found = claimed or ([said] if said is not None else kept)
    return min((one for one in found if one > 0), default=inf)


def by_claims(token: str) -> float | None:
    """Return the lifetime in a JSON web token's claims (RFC 7519 §4.1.4); None for any other text.

    From `iat` where it is there, for our clock and the issuer's may differ.
    """
    match = SIGNED.fullmatch(token)
    claims = _decoded(match[1]) if match is not None else None
    if not isinstance(claims, dict) or not _is_number(claims.get("exp")):
        return None
    begun = claims["iat"] if _is_number(claims.get("iat")) else time.time()
    return float(claims["exp"]) - float(begun)


def by_answer(body: Json) -> float | None:
    """Return the seconds that an answer counts, None where it counts none. A refresh token's are not meant."""
    leaves = walk(body) if body is not NOT_JSON else ()
    named = ((snake(pointer.rpartition("/")[2]), value) for pointer, value in leaves)
    found = (float(value) for name, value in named if name in SECONDS_KEYS and _is_count(value))
    return next((seconds for seconds in found if 0 < seconds < LONGEST), None)


def margin(seconds: float) -> float:
    """Return how long before its end a credential is renewed."""
    return min(MARGIN_SECONDS, seconds / 5)


def _decoded(part: str) -> Json:
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return NOT_JSON


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _is_count(value: Json) -> bool:
    return _is_number(value) or (isinstance(value, str) and value.isdecimal() and len(value) < 12)
