"""Errors a client can act on, and from which a stranger learns nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from auditor.check import check
from auditor.evidence import EVERY_EXCHANGE, Fact, whole_run
from auditor.model import Exchange, Severity, Verdict, failed, passed, skipped
from checks._errors_probes import natural_errors
from checks._errors_shapes import Refusal, refusal
from checks._patterns import DATABASE_TEXTS, INNER_DETAILS, PARSER_ERRORS, TRACES, first_leak

API = "API"
VALIDATION_ERRORS_TO_JUDGE = 4
EXAMPLES = 3


@check(
    "errors.no-internals",
    severity=Severity.HIGH,
    standards=("ERR-2", "GQL-5"),
    on=EVERY_EXCHANGE,
    refs=("CWE-209", "ASVS 16.5.1"),
)
def no_internals(seen: Exchange) -> Verdict:
    """Errors tell nothing of the inside.

    Why: a trace, a statement or a path tells an attacker which library to look up and which quote reached the database.

    Fix: log the exception with the request id and answer with that id and a fixed sentence. Express: an error handler
    of four arguments, last, and `NODE_ENV=production`; FastAPI: `@app.exception_handler(Exception)`, never
    `detail=str(error)`; Django: `DEBUG = False`; Spring: `server.error.include-stacktrace=never`; Rails:
    `consider_all_requests_local = false`; .NET: no developer exception page in production.
    """
    if seen.response.status < 400 and not seen.facts.soft_error:
        return skipped("no error was answered", about=_subject(seen))
    if leak := first_leak(seen, (*TRACES, *PARSER_ERRORS, *DATABASE_TEXTS)):
        return _told(seen, leak.name, leak.excerpt, Severity.HIGH)
    if leak := first_leak(seen, INNER_DETAILS):
        return _told(seen, leak.name, leak.excerpt, Severity.MEDIUM)
    return passed(about=_subject(seen))


def _told(seen: Exchange, name: str, excerpt: str, severity: Severity) -> Verdict:
    message = f"answered {seen.response.status} with {name} text: {excerpt}"
    return failed(message, severity=severity, signature=name, about=_subject(seen))


def _subject(seen: Exchange) -> str:
    """Paths outside the document are made up, so they would never be the same subject twice."""
    return seen.subject if seen.operation is not None else API


@check(
    "errors.shape",
    severity=Severity.MEDIUM,
    standards=("API-9", "VAL-1"),
    on=whole_run(refusal),
    also=(natural_errors,),
    refs=("RFC 9457", "Zalando 176"),
)
def shape(facts: Sequence[Fact[Refusal]]) -> list[Verdict]:
    """All errors share one shape with code and message.

    Why: a client handles errors in one place only if they all look alike; without a code it must compare sentences.

    Fix: render every error in one function, the framework's own included. Express: one error handler and a last 404
    handler; FastAPI: handlers for `HTTPException` (Starlette's) and `RequestValidationError`; Django REST:
    `EXCEPTION_HANDLER`; Spring: `ProblemDetail` with `spring.mvc.problemdetails.enabled`; Rails: `exceptions_app`.

    Known limits: {code, message}, {error: {code, message}}, {error: "code", message}, {errors: [...]} and RFC 9457 are
    known, with common aliases; a shape of your own counts as one shape, but its code and message must have known names.
    """
    ours = [fact for fact in facts if not fact.value.gateway]
    if not ours:
        return [skipped("no error of the API itself was answered", about=API)]
    verdicts = [verdict for rule in RULES for verdict in rule(ours)]
    return verdicts or [passed(about=API)]


def _unstructured(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    bare = [fact for fact in facts if not fact.value.structured]
    if bare:
        kinds = ", ".join(sorted({_what(fact.value) for fact in bare}))
        yield _broken(bare, f"are no JSON object but {kinds}", Severity.MEDIUM, "unstructured")


def _what(refusal: Refusal) -> str:
    json = refusal.media.endswith(("/json", "+json"))
    return "other JSON" if json else refusal.media or "empty"


def _without_message(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    silent = [fact for fact in facts if fact.value.structured and not fact.value.message]
    if silent:
        yield _broken(silent, f"have no message ({_keys(silent)})", Severity.MEDIUM, "no message")


def _without_code(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    loose = [fact for fact in facts if fact.value.message and not fact.value.code]
    if loose:
        yield _broken(loose, f"have no machine-readable code ({_keys(loose)})", Severity.LOW, "no code")


def _several_shapes(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    by_shape: dict[str, list[Fact[Refusal]]] = {}
    for fact in facts:
        if fact.value.structured:
            by_shape.setdefault(fact.value.shape, []).append(fact)
    if len(by_shape) < 2:
        return
    parts = "; ".join(f"{name}: {_statuses(some)}" for name, some in sorted(by_shape.items()))
    message = f"errors come in {len(by_shape)} shapes ({parts})"
    shown = tuple(some[0].exchange for _, some in sorted(by_shape.items()))[:EXAMPLES]
    yield _finding(message, Severity.LOW, "several shapes", shown)


def _other_status(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    lying = [fact for fact in facts if fact.value.said_status not in {None, fact.value.status}]
    if lying:
        first = lying[0].value
        what = f"say status {first.said_status} where the answer's is {first.status}"
        yield _broken(lying, what, Severity.LOW, "problem status")


def _unnamed_fields(facts: Sequence[Fact[Refusal]]) -> Iterator[Verdict]:
    refused = [fact for fact in facts if fact.value.validation]
    unnamed = [fact for fact in refused if not fact.value.names_field]
    if len(refused) >= VALIDATION_ERRORS_TO_JUDGE and 2 * len(unnamed) >= len(refused):
        what = f"do not name the field that was refused ({len(unnamed)} of {len(refused)} validation errors)"
        yield _broken(unnamed, what, Severity.LOW, "field unnamed")


RULES: tuple[Callable[[Sequence[Fact[Refusal]]], Iterator[Verdict]], ...] = (
    _unstructured,
    _without_message,
    _without_code,
    _several_shapes,
    _other_status,
    _unnamed_fields,
)


def _broken(facts: Sequence[Fact[Refusal]], what: str, severity: Severity, signature: str) -> Verdict:
    message = f"errors ({_statuses(facts)}) {what}, first at {facts[0].subject}"
    return _finding(message, severity, signature, tuple(fact.exchange for fact in facts[:EXAMPLES]))


def _finding(message: str, severity: Severity, signature: str, shown: tuple[str, ...]) -> Verdict:
    return failed(message, severity=severity, signature=signature, about=API, exchanges=shown)


def _statuses(facts: Sequence[Fact[Refusal]]) -> str:
    return ", ".join(str(status) for status in sorted({fact.value.status for fact in facts}))


def _keys(facts: Sequence[Fact[Refusal]]) -> str:
    return "{" + ", ".join(facts[0].value.keys) + "}"
