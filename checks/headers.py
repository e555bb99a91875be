"""Headers that tell a browser how little to trust an answer, and that tell strangers nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.check import Judged, check
from auditor.evidence import EVERY_EXCHANGE
from auditor.model import Exchange, Response, Severity, Verdict, failed, passed, skipped

API = "API"
HALF_A_YEAR_SECONDS = 15_552_000
A_YEAR_SECONDS = 31_536_000
VERSION = re.compile(r"\d+\.\d+")


def _has_body(exchange: Exchange) -> bool:
    """The answer carries content of its own: no redirect, no 204 or 304, no answer to HEAD."""
    response = exchange.response
    exempt = response.status in {0, 204, 304} or 300 <= response.status < 400
    return bool(response.body) and not exempt and exchange.request.method != "HEAD"


@check(
    "headers.nosniff",
    severity=Severity.MEDIUM,
    standards=("HDR-1", "HDR-3"),
    on=EVERY_EXCHANGE,
    refs=("ASVS 3.4.4", "CWE-693"),
)
def nosniff(seen: Exchange) -> Verdict:
    """Every body carries nosniff.

    Why: without `X-Content-Type-Options: nosniff` a browser may guess that an answer with user content in it is a
    page or a script, and run it.

    Fix: set the header once, outside everything else, so that errors carry it too. Express: `app.use(helmet())`;
    FastAPI: an outermost ASGI middleware; Django: `SECURE_CONTENT_TYPE_NOSNIFF = True` with `SecurityMiddleware`
    first; Spring Security sends it by default, unless `headers().disable()` took it away.
    """
    if not _has_body(seen):
        return skipped("no answer had a body", about=API)
    values = [one.strip().lower() for value in seen.response.header_values(NOSNIFF) for one in value.split(",")]
    if values and set(values) == {"nosniff"}:
        return passed(about=API)
    found = f"{NOSNIFF}: {', '.join(values)}" if values else f"no {NOSNIFF}"
    return failed(f"answered {seen.response.status} with {found}", signature="not nosniff", about=API)


NOSNIFF = "x-content-type-options"


@check(
    "headers.frame-csp",
    severity=Severity.LOW,
    standards=("HDR-1",),
    on=EVERY_EXCHANGE,
    refs=("ASVS 3.4.3", "ASVS 3.4.6", "CWE-1021"),
)
def frame_csp(seen: Exchange) -> Verdict:
    """Answers cannot be framed and load nothing.

    Why: an answer that a hostile page can frame, or that may load scripts when a browser is tricked into showing it
    as a page, lends your origin to somebody else.

    Fix: send `Content-Security-Policy: default-src 'none'; frame-ancestors 'none'` with every JSON answer, and a policy
    of their own with pages such as the documentation. Express: `helmet({contentSecurityPolicy: {...}})`; FastAPI: an
    outermost middleware; Django: `django-csp` and `X_FRAME_OPTIONS = "DENY"`; Spring:
    `headers().contentSecurityPolicy(...)`.

    Known limits: a policy in a page's own meta element is not read; it could not forbid framing anyway.
    """
    if not _has_body(seen):
        return skipped("no answer had a body", about=API)
    if seen.response.is_json:
        return _json_policy(seen.response)
    if seen.response.is_html:
        return _page_policy(seen)
    return skipped("no answer was JSON or a page", about=API)


def _json_policy(response: Response) -> Verdict:
    policies = _policies(response)
    framed = any("frame-ancestors" in policy for policy in policies)
    options = (response.header("x-frame-options") or "").strip().lower()
    if not framed and options.partition(",")[0].strip() not in {"deny", "sameorigin"}:
        message = f"JSON answered {response.status} with neither frame-ancestors nor X-Frame-Options"
        return failed(message, severity=Severity.LOW, signature="json framable", about=API)
    if any(policy.get("default-src") == ("'none'",) for policy in policies):
        return passed(about=API)
    return passed(note="JSON answers have no Content-Security-Policy with default-src 'none'", about=API)


def _page_policy(seen: Exchange) -> Verdict:
    policies = _policies(seen.response)
    if not policies:
        message = f"a page was answered {seen.response.status} without a Content-Security-Policy"
        return failed(message, severity=Severity.MEDIUM, signature="page without policy", about=API)
    sources = [policy.get("script-src", policy.get("default-src", ("*",))) for policy in policies]
    if all("*" in each for each in sources):
        message = f"a page was answered {seen.response.status} with a policy that lets any host's scripts run"
        return failed(message, severity=Severity.MEDIUM, signature="page with any script", about=API)
    if all("'unsafe-inline'" in each for each in sources):
        return passed(note="a page's policy allows inline scripts", about=API)
    return passed(about=API)


def _policies(response: Response) -> list[dict[str, tuple[str, ...]]]:
    """Parse every policy: repeated headers and comma lists each add one, and all of them must allow (CSP3 §8.1)."""
    values = response.header_values("content-security-policy")
    texts = [text for value in values for text in value.split(",") if text.strip()]
    return [dict(reversed(list(_directives(text)))) for text in texts]


def _directives(policy: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and sources; the caller lets the first of a repeated directive win (CSP3 §2.2.1)."""
    for directive in policy.split(";"):
        name, *sources = directive.split() or [""]
        if name:
            yield name.lower(), tuple(source.lower() for source in sources)


@check(
    "headers.hsts",
    severity=Severity.MEDIUM,
    standards=("HDR-1", "AUTH-11"),
    on=EVERY_EXCHANGE,
    refs=("RFC 6797", "ASVS 3.4.1", "CWE-319"),
)
def hsts(seen: Exchange) -> Verdict:
    """HTTPS answers carry a one-year HSTS.

    Why: a client that may fall back to plain http can be kept there by whoever sits between, and its credentials read.

    Fix: send `Strict-Transport-Security: max-age=31536000; includeSubDomains`, once, from the proxy or from the
    application, not from both. Express: `helmet.hsts({maxAge: 31536000})`; FastAPI: a middleware; Django:
    `SECURE_HSTS_SECONDS = 31536000`; Spring: `headers().httpStrictTransportSecurity()`.

    Known limits: audit the public address, for a proxy may add the header; hosts named by IP address cannot have it.
    """
    if not seen.secure or seen.local or not seen.response.status:
        return skipped("the target is not https, or is this machine", about=API)
    values = seen.response.header_values("strict-transport-security")
    if len(values) != 1:
        count = "no Strict-Transport-Security" if not values else f"{len(values)} Strict-Transport-Security headers"
        return failed(f"answered {seen.response.status} with {count}", signature="missing or doubled", about=API)
    age = _max_age(values[0])
    if age is None:
        return failed(
            f"Strict-Transport-Security: {values[0][:80]} has no valid max-age", signature="invalid", about=API
        )
    if age >= A_YEAR_SECONDS:
        return passed(about=API)
    severity = Severity.LOW if age >= HALF_A_YEAR_SECONDS else Severity.MEDIUM
    message = f"max-age is {age} s, less than a year ({A_YEAR_SECONDS} s)"
    return failed(message, severity=severity, signature="short max-age", about=API)


def _max_age(value: str) -> int | None:
    """Return the max-age, None when it is missing, repeated or no number (RFC 6797 §6.1)."""
    pairs = [directive.partition("=") for directive in value.split(";")]
    ages = [age.strip().strip('"') for name, _, age in pairs if name.strip().lower() == "max-age"]
    valid = len(ages) == 1 and ages[0].isascii() and ages[0].isdigit() and len(ages[0]) <= 18
    return int(ages[0]) if valid else None


@check(
    "headers.server-disclosure",
    severity=Severity.LOW,
    standards=("HDR-1",),
    on=EVERY_EXCHANGE,
    refs=("CWE-497", "CWE-200", "ASVS 13.4.6"),
)
def server_disclosure(seen: Exchange) -> Judged:
    """No technology or version banner.

    Why: a banner tells an attacker which published holes to try first, and helps nobody else.

    Fix: take it away where it is added. Express: `app.disable('x-powered-by')`; FastAPI: `uvicorn --no-server-header`;
    Django: configure the server in front; nginx: `server_tokens off`; Spring: `server.server-header=`; Symfony: no
    profiler in production.
    """
    if not seen.response.status:
        return skipped("nothing was answered", about=API)
    return list(_banners(seen.response)) or passed(about=API)


def _banners(response: Response) -> Iterator[Verdict]:
    for name in ("x-debug-token", "x-debug-token-link"):
        if value := response.header(name):
            yield _banner(name, value, Severity.MEDIUM)
    for name in ("x-powered-by", "x-aspnet-version", "x-aspnetmvc-version"):
        if value := response.header(name):
            yield _banner(name, value, Severity.LOW)
    for name in ("server", "x-generator"):
        value = response.header(name)
        if value and VERSION.search(value):
            yield _banner(name, value, Severity.LOW)


def _banner(name: str, value: str, severity: Severity) -> Verdict:
    return failed(f"answers say {name}: {value[:80]}", severity=severity, signature=f"header {name}", about=API)
