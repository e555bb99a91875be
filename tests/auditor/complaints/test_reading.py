"""What a refusal says is read from any framework's body: which field, which rule, with what argument."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.complaints.layout import tokens
from auditor.complaints.reading import MOST_COMPLAINTS, read
from auditor.complaints.rules import Complaint, Rule
from auditor.complaints.sentences import ROWS, sayings
from auditor.model import Json, Response
from tests.auditor.refusals import REFUSALS, Expected, Refusal

FIELDS = [
    "email",
    "username",
    "password",
    "passwordConfirmation",
    "start_date",
    "end_date",
    "starts_at",
    "doctor_id",
    "name",
    "price",
    "quantity",
    "status",
    "slug",
    "age",
    "birth_date",
    "title",
    "phone",
    "items",
]


def answered(body: Json, *, status: int = 400, media_type: str = "application/json") -> Response:
    raw = body if isinstance(body, str) and media_type != "application/json" else json.dumps(body)
    return Response(status=status, headers=(("content-type", media_type),), body=raw.encode("utf-8", "replace"))


def told(complaint: Complaint) -> Expected:
    place = f"{complaint.location}:" if complaint.location else ""
    place += "/".join(complaint.at)
    if complaint.argument is None:
        return (complaint.rule, place)
    return (complaint.rule, place, complaint.argument)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: one.framework)
def test_a_real_refusal_is_read(refusal: Refusal) -> None:
    response = answered(refusal.body, status=refusal.status, media_type=refusal.media_type)
    found = [told(one) for one in read(response, refusal.names)]
    assert sorted(found, key=repr) == sorted(refusal.expected, key=repr)


def test_the_table_holds_bodies_of_many_frameworks() -> None:
    frameworks = {one.framework.partition(",")[0] for one in REFUSALS}
    assert len(REFUSALS) >= 80
    assert len(frameworks) >= 45


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("start_date must be today or later", (Rule.FUTURE, "start_date")),
        ("Booking date must be at least 2 days in advance", (Rule.FUTURE, "booking_date", 3)),
        ("Cannot book in the past", (Rule.FUTURE, "")),
        ("end_date must be greater than or equal to start_date", (Rule.AFTER, "end_date", "start_date")),
        ("start_date cannot be after end_date", (Rule.BEFORE, "start_date", "end_date")),
        ("birth_date must not be in the future", (Rule.PAST, "birth_date")),
        ("You must be 18 or older", (Rule.PAST, "", 18 * 366)),
        ("This username has been taken", (Rule.TAKEN, "username")),
        ("An account with this email already exists", (Rule.TAKEN, "email")),
        ("Time slot overlaps with another appointment", (Rule.TAKEN, "")),
        ("Doctor with id 17 not found", (Rule.UNKNOWN, "doctor_id", "Doctor")),
        ("doctor_id: invalid reference", (Rule.UNKNOWN, "doctor_id")),
        ("Passwords must match", (Rule.SAME_AS, "", "password")),
        ("Password confirmation must match password", (Rule.SAME_AS, "passwordConfirmation", "password")),
        ("Name must be between 3 and 50 characters", (Rule.LENGTH, "name", (3, 50))),
        ("min length of name is 3", (Rule.MIN_LENGTH, "name", 3)),
        ("Price must be greater than 0", (Rule.ABOVE, "price", 0)),
        ("You cannot invite yourself", (Rule.DIFFERENT, "")),
        ("user_id: users may not follow themselves", (Rule.DIFFERENT, "user_id")),
        ("You can't transfer money to your own account", (Rule.DIFFERENT, "")),
        ("Quantity cannot be negative", (Rule.MINIMUM, "quantity", 0)),
        ("Age must be between 18 and 65", (Rule.RANGE, "age", (18, 65))),
        ("Status must be either 'open' or 'closed'", (Rule.ONE_OF, "status", ("open", "closed"))),
        ("Invalid status. Allowed values: open, closed", (Rule.ONE_OF, "status", ("open", "closed"))),
        ("Missing email", (Rule.REQUIRED, "email")),
        ("Please provide an email", (Rule.REQUIRED, "email")),
        ("X-Api-Version header is required", (Rule.REQUIRED, "X-Api-Version")),
        ("The request body must contain a title", (Rule.REQUIRED, "title")),
        ("slug can only contain lowercase letters and numbers", (Rule.PATTERN, "slug", "^[a-z][a-z0-9]+$")),
        ("phone must have exactly 10 digits", (Rule.PATTERN, "phone", "^[1-9][0-9]{9}$")),
        ("start_date must be in DD/MM/YYYY format", (Rule.FORMAT, "start_date", "date:%d/%m/%Y")),
        ("Invalid date format. Use YYYY-MM-DD", (Rule.FORMAT, "", "date")),
        ("Either result or items must be provided", (Rule.REQUIRED, "items")),
        ("At least one of items or slug must be supplied", (Rule.REQUIRED, "items", ["slug"])),
        ("Supply both start_date and end_date to bound the range", (Rule.REQUIRED, "end_date")),
        ("None of the supplied items exist in this shop", (Rule.UNKNOWN, "items")),
        ("Invalid private birth date: x", (Rule.INVALID, "birth_date")),
        ("Export is unbounded. Set everything=true to acknowledge", (Rule.EQUAL, "everything", "true")),
        ("Terms must be accepted", (Rule.EQUAL, "terms", True)),
        ("At least one item is required", (Rule.MIN_ITEMS, "items")),
        ("nickname is not a permitted property", (Rule.NOT_ALLOWED, "nickname")),
        ("Age must be a multiple of 5", (Rule.MULTIPLE_OF, "age", 5)),
    ],
)
def test_a_plain_sentence_names_a_field_and_a_rule(sentence: str, expected: Expected) -> None:
    assert expected in [told(one) for one in read(answered({"message": sentence}), FIELDS)]


@pytest.mark.parametrize(
    "sentence",
    [
        "Validation failed",
        "Bad Request",
        "Cannot read property 'x' of undefined",
        "Too many requests",
        "Unexpected token } in JSON at position 4",
        "Not enough stock",
        "Internal Server Error",
        "",
    ],
)
def test_what_says_nothing_about_a_field_is_no_complaint(sentence: str) -> None:
    assert read(answered({"message": sentence}), FIELDS) == ()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a.b[0].c", ("a", "b", "0", "c")),
        ("/a/b/0", ("a", "b", "0")),
        ("$.a.b", ("a", "b")),
        ("#/a/b", ("a", "b")),
        (".a", ("a",)),
        ("items.0.qty", ("items", "0", "qty")),
        ("x-request-id", ("x-request-id",)),
        ("/a~1b/c~0d", ("a/b", "c~d")),
    ],
)
def test_a_place_is_read_in_any_notation(written: str, expected: tuple[str, ...]) -> None:
    assert tokens(written) == expected


def test_every_row_of_words_compiles_and_has_bounded_repetitions_of_groups() -> None:
    assert len(sayings()) == sum(len(patterns) for _, _, patterns in ROWS) >= 250
    assert not [one.pattern.pattern for one in sayings() if ")*" in one.pattern.pattern or ")+" in one.pattern.pattern]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=8)
            | st.sampled_from(
                ["errors", "detail", "message", "loc", "path", "field", "code", "type", "msg", "params", "_errors"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None)
@given(body=JSON, status=st.sampled_from([400, 409, 415, 422, 500]))
def test_whatever_json_an_answer_is_nothing_is_raised(body: Json, status: int) -> None:
    for one in read(answered(body, status=status), ["email", "code", "type"]):
        assert all(isinstance(token, str) for token in one.at)
        hash(one)


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=2_000))
def test_whatever_text_an_answer_is_nothing_is_raised(text: str) -> None:
    assert len(read(answered(text, media_type="text/plain"), FIELDS)) <= MOST_COMPLAINTS


@pytest.mark.parametrize(
    "body",
    [
        [["errors"]] * 50_000,
        {"errors": {f"field{index}": ["must be at least 3 characters"] for index in range(20_000)}},
        {"message": "must must must " * 20_000},
        {"message": "'" * 50_000},
        {"message": "a, " * 20_000},
        {"message": "missing required fields: " + "a" * 50_000},
        {"errors": [{"field": "a" * 9_000, "message": "is required " * 900}] * 500},
    ],
    ids=["many lists", "many fields", "long text", "quotes", "commas", "a long word", "long entries"],
)
def test_a_flood_is_read_within_bounds(body: Json) -> None:
    assert len(read(answered(body), FIELDS)) <= MOST_COMPLAINTS


def test_what_nests_too_deep_is_left() -> None:
    body = '{"error":' * 500 + '"title is required"' + "}" * 500
    assert read(answered(body, media_type="application/problem+json")) == ()
