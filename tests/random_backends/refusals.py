"""How the common frameworks say what is wrong with a body. Wordings as their sources and manuals have them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from auditor.model import Json
from tests.random_backends.complaining import Complaint
from tests.random_backends.drawn import Demand, Dialect
from tests.random_backends.store import Reply

REFERENCE = "reference"
"""The rule of a complaint that names nothing that is there."""


def refusal(dialect: Dialect, complaints: Sequence[Complaint]) -> Reply:
    """Answer a body that breaks rules. What must be unique is a conflict where the framework has no check for it."""
    write, status = WRITERS[dialect]
    if dialect in CONFLICTS and all(one.rule in (Demand.UNIQUE, Demand.PAIR) for one in complaints):
        return Reply(409, plain(dialect, 409, sentence(complaints[0])))
    media = {Dialect.PROBLEM: "application/problem+json", Dialect.JSON_API: "application/vnd.api+json"}.get(dialect, "")
    return Reply(status, write(complaints), media=media or "application/json")


CONFLICTS = frozenset({Dialect.FASTAPI, Dialect.SPRING, Dialect.EXPRESS, Dialect.SENTENCE})


def plain(dialect: Dialect, status: int, text: str) -> Json:
    """Say one sentence as the framework does when no field is meant."""
    if dialect in (Dialect.FASTAPI, Dialect.DRF):
        return {"detail": text}
    if dialect is Dialect.SPRING:
        return {"timestamp": "2026-01-01T00:00:00.000+00:00", "status": status, "error": "Refused", "message": text}
    if dialect is Dialect.PROBLEM:
        return {"type": "about:blank", "title": "Refused", "status": status, "detail": text}
    if dialect is Dialect.JSON_API:
        return {"errors": [{"status": str(status), "title": "Refused", "detail": text}]}
    return {"message": text} if dialect is Dialect.EXPRESS else {"error": text}


def human(name: str) -> str:
    """Spell a member as people do: `startDate` → start date."""
    return "".join(f" {one.lower()}" if one.isupper() else one for one in name.replace("_", " "))


def sentence(one: Complaint) -> str:
    """Say it in one plain sentence that names the member."""
    match one.rule:
        case "required":
            return f"{one.name} is required"
        case Demand.UNIQUE:
            return f"{one.about} with this {one.name} already exists"
        case Demand.AFTER:
            return f"{one.name} must be after {one.limit}"
        case Demand.FUTURE:
            return f"{one.name} must be in the future"
        case Demand.MIN_LENGTH:
            return f"{one.name} must be at least {one.limit} characters long"
        case Demand.PAST:
            return f"{one.name} must be in the past"
        case Demand.AT_MOST:
            return f"{one.name} must be at most {one.limit}"
        case Demand.PATTERN:
            return f"{one.name} must match {one.limit}"
        case Demand.DIFFERENT:
            return f"{one.name} must differ from {one.limit}"
        case Demand.PAIR:
            return f"{one.about} with this {one.limit[0]} and {one.limit[1]} already exists"
        case Demand.ONE_OF:
            return f"{one.name} must be one of: {', '.join(one.limit)}"
        case "reference":
            return f"{one.about} not found"
    return f"{one.name or 'body'} is invalid: {one.limit}"


# --- FastAPI ------------------------------------------------------------------------------------------------


def fastapi(complaints: Sequence[Complaint]) -> Json:
    return {"detail": [pydantic_error(one) for one in complaints]}


def pydantic_error(one: Complaint) -> Json:
    loc = ["body", *(int(part) if part.isdigit() else part for part in one.place)]
    match one.rule:
        case "required":
            return {"type": "missing", "loc": loc, "msg": "Field required", "input": {}}
        case Demand.MIN_LENGTH:
            told = f"String should have at least {one.limit} characters"
            return {"type": "string_too_short", "loc": loc, "msg": told, "ctx": {"min_length": one.limit}}
        case Demand.ONE_OF:
            *first, last = [f"'{value}'" for value in one.limit]
            expected = f"{', '.join(first)} or {last}" if first else last
            told = f"Input should be {expected}"
            return {"type": "enum", "loc": loc, "msg": told, "ctx": {"expected": expected}}
        case Demand.FUTURE:
            return {"type": "date_future", "loc": loc, "msg": "Date should be in the future"}
        case Demand.PAST:
            return {"type": "date_past", "loc": loc, "msg": "Date should be in the past"}
        case Demand.AT_MOST:
            told = f"Input should be less than or equal to {one.limit}"
            return {"type": "less_than_equal", "loc": loc, "msg": told, "ctx": {"le": one.limit}}
        case Demand.PATTERN:
            told = f"String should match pattern '{one.limit}'"
            return {"type": "string_pattern_mismatch", "loc": loc, "msg": told, "ctx": {"pattern": one.limit}}
        case Demand.AFTER:
            return {"type": "value_error", "loc": ["body"], "msg": f"Value error, {sentence(one)}"}
    return {"type": "value_error", "loc": loc, "msg": f"Value error, {sentence(one)}"}


# --- Django REST framework ----------------------------------------------------------------------------------


def drf(complaints: Sequence[Complaint]) -> Json:
    found: Json = {}
    for one in complaints:
        place, said = drf_error(one)
        node = found
        for part in place[:-1]:
            node = node.setdefault(part, {})
        node.setdefault(place[-1], []).append(said)
    return found


def drf_error(one: Complaint) -> tuple[tuple[str, ...], str]:
    whole = ("non_field_errors",)
    match one.rule:
        case "required":
            return one.place, "This field is required."
        case Demand.UNIQUE:
            return one.place, f"{one.about} with this {human(one.name)} already exists."
        case Demand.MIN_LENGTH:
            return one.place, f"Ensure this field has at least {one.limit} characters."
        case Demand.ONE_OF:
            return one.place, f"Must be one of: {', '.join(one.limit)}."
        case Demand.AFTER:
            return whole, f"{one.name} must be after {one.limit}."
        case Demand.FUTURE:
            return one.place, "Date must be in the future."
        case Demand.AT_MOST:
            return one.place, f"Ensure this value is less than or equal to {one.limit}."
        case Demand.PAIR:
            return whole, f"The fields {one.limit[0]}, {one.limit[1]} must make a unique set."
        case Demand.PAST | Demand.PATTERN | Demand.DIFFERENT:
            return one.place, f"{sentence(one)}."
        case "reference":
            return one.place, f'Invalid pk "{one.value}" - object does not exist.'
    return one.place or whole, f"Not valid: {one.limit}."


# --- Spring -------------------------------------------------------------------------------------------------


def spring(complaints: Sequence[Complaint]) -> Json:
    count = f"Validation failed for object='request'. Error count: {len(complaints)}"
    return {**plain(Dialect.SPRING, 400, count), "errors": [binding_error(one) for one in complaints]}


def binding_error(one: Complaint) -> Json:
    code, said = {
        "required": ("NotNull", "must not be null"),
        Demand.MIN_LENGTH: ("Size", f"size must be between {one.limit} and 2147483647"),
        Demand.FUTURE: ("Future", "must be a future date"),
        Demand.PAST: ("Past", "must be a past date"),
        Demand.AT_MOST: ("Max", f"must be less than or equal to {one.limit}"),
        Demand.PATTERN: ("Pattern", f'must match "{one.limit}"'),
    }.get(one.rule, ("Invalid", sentence(one)))
    return {"field": one.dotted, "defaultMessage": said, "rejectedValue": one.value, "code": code}


# --- Rails --------------------------------------------------------------------------------------------------


def rails(complaints: Sequence[Complaint]) -> Json:
    found: dict[str, list[str]] = defaultdict(list)
    for one in complaints:
        found[one.dotted or "base"].append(active_model_error(one))
    return {"errors": dict(found)}


def active_model_error(one: Complaint) -> str:
    match one.rule:
        case "required":
            return "can't be blank"
        case Demand.UNIQUE:
            return "has already been taken"
        case Demand.MIN_LENGTH:
            return f"is too short (minimum is {one.limit} characters)"
        case Demand.ONE_OF:
            return f"must be one of {', '.join(one.limit)}"
        case Demand.AFTER:
            return f"must be after {human(str(one.limit))}"
        case Demand.FUTURE:
            return "must be in the future"
        case Demand.PAST:
            return "must be in the past"
        case Demand.AT_MOST:
            return f"must be less than or equal to {one.limit}"
        case Demand.DIFFERENT:
            return f"must be other than {human(str(one.limit))}"
        case Demand.PATTERN | Demand.PAIR:
            return sentence(one).removeprefix(one.name).strip()
        case "reference":
            return "must exist"
    return f"is invalid: {one.limit}"


# --- express-validator, RFC 9457, JSON:API, and nothing but a sentence ------------------------------------------------


def express(complaints: Sequence[Complaint]) -> Json:
    errors = [
        {"type": "field", "value": one.value, "msg": sentence(one), "path": one.dotted, "location": "body"}
        for one in complaints
    ]
    return {"errors": errors}


def problem(complaints: Sequence[Complaint]) -> Json:
    errors = [{"pointer": "#/" + "/".join(one.place), "detail": sentence(one)} for one in complaints]
    return {**plain(Dialect.PROBLEM, 422, "The body breaks rules."), "errors": errors}


def json_api(complaints: Sequence[Complaint]) -> Json:
    errors = [
        {"status": "422", "title": "Invalid", "detail": sentence(one), "source": {"pointer": "/" + "/".join(one.place)}}
        for one in complaints
    ]
    return {"errors": errors}


def one_sentence(complaints: Sequence[Complaint]) -> Json:
    return {"error": sentence(complaints[0])}


WRITERS: dict[Dialect, tuple[Callable[[Sequence[Complaint]], Json], int]] = {
    Dialect.FASTAPI: (fastapi, 422),
    Dialect.DRF: (drf, 400),
    Dialect.SPRING: (spring, 400),
    Dialect.RAILS: (rails, 422),
    Dialect.EXPRESS: (express, 400),
    Dialect.PROBLEM: (problem, 422),
    Dialect.SENTENCE: (one_sentence, 400),
    Dialect.JSON_API: (json_api, 422),
}
