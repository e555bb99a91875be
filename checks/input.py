"""What the API refuses: values that its own description forbids, and bytes that are no values at all."""

from __future__ import annotations

from collections.abc import Sequence

from auditor import compare
from auditor.check import Judged, check
from auditor.evidence import EVERY_EXCHANGE, shows_effect
from auditor.model import (
    NOT_JSON,
    Exchange,
    Json,
    Location,
    Mutation,
    Outcome,
    Severity,
    Verdict,
    failed,
    passed,
    skipped,
    unsure,
)
from checks._input_probes import (
    Attempts,
    Tried,
    broken_bodies,
    broken_constraints,
    hostile_values,
    missing_values,
)
from checks._reading import rows, shown_at

NOT_OURS_TO_JUDGE = frozenset({501, 503, 504})
UNPARSABLE = frozenset({"truncated", "extra-brace", "empty"})
BAD_TEXT = frozenset({"invalid-utf-8"})
"""No JSON either (RFC 8259 §8.1), but many parsers are told to replace what they cannot read (Encoding §4.1)."""
NO_NUMBERS = frozenset({"nan", "infinity"})


@check(
    "input.no-5xx",
    severity=Severity.HIGH,
    standards=("ERR-3", "VAL-5"),
    on=EVERY_EXCHANGE,
    also=(hostile_values,),
    refs=("API8:2023", "CWE-20", "CWE-755"),
)
def no_5xx(seen: Exchange) -> Verdict:
    """No request makes the server answer 5xx.

    Why: a 500 says that a value went further than anybody thought of. What it broke on the way is unknown, and whoever
    finds it can do it a thousand times.

    Fix: validate where requests enter, and turn what the layers below refuse into 4xx. Express: `zod` or `celebrate` on
    every route and one error handler; FastAPI: types and bounds on every parameter, a handler for what the database
    refuses; Django: serializers and forms, never `int(request.GET[...])`; Spring: `@Valid` and `@ControllerAdvice`.
    """
    status, about = seen.response.status, _subject(seen)
    if status in NOT_OURS_TO_JUDGE or not status:
        return skipped("nothing but 501, 503 or 504 was answered", about=about)
    if status < 500:
        return passed(about=about)
    place, what = _mutated(seen.request.mutation)
    return failed(f"answered {status} to {what}", signature=f"{place} status=5xx", about=about)


def _subject(seen: Exchange) -> str:
    """Paths outside the document are made up, so they would never be the same subject twice."""
    return seen.subject if seen.operation is not None else "API"


def _mutated(mutation: Mutation | None) -> tuple[str, str]:
    if mutation is None:
        return "request", "an ordinary request"
    sent = f" ({mutation.value[:40]!r})" if mutation.value else ""
    return mutation.place, f"{mutation.kind}{sent} at {mutation.place}"


@check(
    "input.required",
    severity=Severity.MEDIUM,
    standards=("VAL-1",),
    on=missing_values,
    refs=("CWE-20", "ASVS 2.2.1"),
)
def required(asked: Attempts) -> Judged:
    """A missing or null required field is refused.

    Why: what the description calls required, other code relies on; an object stored without it breaks whoever reads
    it next.

    Fix: let one schema both describe and check. Express: `zod.object({...}).parse(req.body)`; FastAPI: fields without
    defaults, never `body.get(...)`; Django REST: `required=True, allow_null=False`; Spring: `@NotNull` with `@Valid`.
    Where a value may be missing, say so in the description, with its default.

    Known limits: a required query parameter that a read does without is only noted.
    """
    return concluded([_omission(one, asked.control) for one in asked.tried])


def _omission(one: Tried, control: Exchange) -> Verdict:
    if refusal := _refused(one):
        return refusal
    what = f"{'null for' if one.kind == 'null' else 'a request without'} {one.place}"
    if one.probe.request.method in {"GET", "HEAD"}:
        return passed(note=f"{one.place} is declared required, and {one.probe.response.status} came without it")
    if one.effect is None:
        return unsure(f"{what} was answered {one.probe.response.status}, and no operation reads what that did")
    if not _happened(one, one.effect, control):
        return unsure(f"{what} was answered {one.probe.response.status}, and a read does not show what that did")
    message = f"{what} was answered {one.probe.response.status} and took effect"
    return failed(message, signature=f"{one.place} {one.kind}")


def _happened(one: Tried, effect: Exchange, control: Exchange) -> bool:
    """The write shows: a fresh value of it is stored, the object it names is there, or null is what is stored."""
    if shows_effect(one.probe.request, effect, control=control):
        return True
    body = effect.response.json()
    if not effect.succeeded or body is NOT_JSON:
        return False
    named = bool(one.item) and one.item in {str(leaf) for _, leaf in compare.walk(body)}
    return named or (one.kind == "null" and shown_at(body, one.pointer, one.item) is None)


@check(
    "input.constraints",
    severity=Severity.MEDIUM,
    standards=("VAL-1",),
    on=broken_constraints,
    refs=("CWE-1284", "ASVS 2.2.1"),
)
def constraints(asked: Attempts) -> Judged:
    """Documented bounds, lengths, patterns, formats and enums hold.

    Why: a bound that is only written down protects nothing: negative quantities, megabyte names and unknown states get
    stored, and the code behind was never meant to meet them.

    Fix: generate the description from the checks, or the checks from the description. Express: `zod` schemas or
    `express-openapi-validator`; FastAPI: `Field(ge=, le=, max_length=, pattern=)`; Django REST: validators on the
    serializer's fields; Spring: `@Size`, `@Min`, `@Pattern` with `@Valid`.

    Known limits: passwords and bytes are not judged; a value that no read shows is unsure; a value that is clamped,
    trimmed or ignored passes with a note.
    """
    return concluded([verdict for one in asked.tried for verdict in (_violation(one), *_narrower(one))])


def _violation(one: Tried) -> Verdict:
    if refusal := _refused(one):
        return refusal
    status, sent = one.probe.response.status, _sent(one)
    what = f"{one.kind} at {one.place} ({str(sent)[:40]!r})"
    if one.location is Location.QUERY and one.probe.request.method in {"GET", "HEAD"}:
        used = _was_used(one, sent)
        return _accepted(one, f"{what} was answered {status} and used") if used else passed(note=f"{what} is ignored")
    if one.effect is None:
        return unsure(f"{what} was answered {status}, and no operation reads what was stored")
    stored = shown_at(one.effect.response.json(), one.pointer, one.item)
    if stored is NOT_JSON:
        return unsure(f"{what} was answered {status}, and a read does not show the field")
    if _equal(sent, stored):
        return _accepted(one, f"{what} was answered {status} and stored")
    return passed(note=f"{what} was stored as {str(stored)[:40]!r}")


def _accepted(one: Tried, message: str) -> Verdict:
    return failed(message, severity=Severity.MEDIUM, signature=f"{one.place} {one.kind}")


def _narrower(one: Tried) -> list[Verdict]:
    """A value within the bounds that the answer refuses by the field's name."""
    if one.twin is None or one.twin.response.status not in {400, 422}:
        return []
    if one.name.lower() not in one.twin.response.text.lower():
        return []
    mutation = one.twin.request.mutation
    sent = mutation.value[:40] if mutation else ""
    message = f"{sent!r} keeps every documented rule of {one.place} and was refused with {one.twin.response.status}"
    return [failed(message, severity=Severity.LOW, signature=f"{one.place} {one.kind} refused in bounds")]


def _sent(one: Tried) -> Json:
    if one.location is Location.BODY:
        return compare.at(one.probe.request.json(), one.pointer)
    return next((value for name, value in one.probe.request.query if name == one.name), NOT_JSON)


def _was_used(one: Tried, sent: Json) -> bool:
    """The answer holds more rows than allowed, or repeats the value under the parameter's name."""
    body = one.probe.response.json()
    if one.most is not None and rows(body) > one.most:
        return True
    leaves = compare.walk(body) if body is not NOT_JSON else ()
    return any(pointer.rpartition("/")[2] == one.name and _equal(sent, leaf) for pointer, leaf in leaves)


def _equal(sent: Json, stored: Json) -> bool:
    """The same value, whatever the type it travels in: 5, 5.0 and "5.00" are one number."""
    if sent == stored or str(sent) == str(stored):
        return True
    if isinstance(sent, list) and isinstance(stored, list):
        return len(sent) == len(stored)
    try:
        return float(sent) == float(stored)
    except (TypeError, ValueError, OverflowError):
        return False


@check(
    "input.malformed-body",
    severity=Severity.MEDIUM,
    standards=("VAL-5", "ERR-1"),
    on=broken_bodies,
    refs=("RFC 8259", "CWE-20"),
)
def malformed_body(asked: Attempts) -> Judged:
    """Malformed JSON answers 400 in the error shape.

    Why: bytes that are no JSON mean that the client is broken or hostile. Answering 500 hides that from the client;
    answering 2xx stores a guess.

    Fix: parse strictly and answer 400 where parsing fails. Express: handle `entity.parse.failed` in the error handler;
    FastAPI: keep the body a model and do not call `json.loads` yourself; Django REST: keep `STRICT_JSON`; Spring:
    handle `HttpMessageNotReadableException`; Go: `DisallowUnknownFields` and a check that nothing follows.

    Known limits: a byte order mark and an escaped half surrogate may be accepted; so may another root than an object.
    """
    crashed = [one for one in asked.tried if _crashed(one.probe)]
    accepted = [one for one in asked.tried if one.kind in UNPARSABLE and one.probe.succeeded]
    stored = [one for one in asked.tried if one.kind in NO_NUMBERS and _stores_no_number(one)]
    replaced = [one for one in asked.tried if one.kind in BAD_TEXT and one.probe.succeeded]
    verdicts = [
        *_grouped(crashed, Severity.HIGH, "status=5xx"),
        *_grouped(accepted, Severity.MEDIUM, "accepted"),
        *_grouped(replaced, Severity.LOW, "invalid UTF-8 accepted"),
        *_grouped(stored, Severity.LOW, "no number stored"),
    ]
    return verdicts or passed(note=_other_roots(asked.tried))


def _grouped(some: Sequence[Tried], severity: Severity, signature: str) -> list[Verdict]:
    if not some:
        return []
    kinds = ", ".join(f"{one.kind} ({one.probe.response.status})" for one in some)
    return [failed(f"bodies were not answered 400: {kinds}", severity=severity, signature=signature)]


def _stores_no_number(one: Tried) -> bool:
    if not one.probe.succeeded or one.effect is None or not one.effect.succeeded:
        return False
    stored = shown_at(one.effect.response.json(), one.pointer, one.item)
    return stored is None or str(stored).lower() in {"nan", "inf", "infinity"}


def _other_roots(tried: Sequence[Tried]) -> str:
    kinds = [one.kind for one in tried if one.kind.endswith("-root") and one.probe.succeeded]
    return f"accepted with another root: {', '.join(kinds)}" if kinds else ""


# --- what the rules share -----------------------------------------------------------------------------------


def _refused(one: Tried) -> Verdict | None:
    """Say how it ends when the answer is no 2xx; None when it is one."""
    status = one.probe.response.status
    if one.probe.succeeded:
        return None
    if status >= 500:
        return unsure(f"{one.kind} at {one.place} was answered {status}, which input.no-5xx judges")
    return passed() if status >= 400 or one.probe.facts.soft_error else unsure(f"{one.kind} was answered {status}")


def _crashed(seen: Exchange) -> bool:
    return seen.response.status >= 500 and seen.response.status not in NOT_OURS_TO_JUDGE


def concluded(verdicts: Sequence[Verdict]) -> Judged:
    """All failures; without any one pass for what could be judged; else the first doubt."""
    failures = [one for one in verdicts if one.outcome is Outcome.FAIL]
    doubts = [one for one in verdicts if one.outcome is Outcome.UNSURE]
    if failures:
        return failures
    if len(doubts) == len(verdicts) and doubts:
        return doubts[0]
    notes = [one.note for one in verdicts if one.note] + [one.message for one in doubts]
    return passed(note="; ".join(notes)[:400])
