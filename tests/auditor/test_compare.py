"""Whether two answers say the same: pointers, telling values, volatile fields, text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor import compare
from auditor.model import NOT_JSON, Json, Response
from tests.checks.building import reply

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
KAT = {"id": "c0ffee", "name": "Kat", "mail": "kat@example.com", "age": 7, "admin": False}


def text(body: str, status: int = 200, media: str = "text/html") -> Response:
    return reply(status, text=body, headers={"content-type": media})


# --- pointers -----------------------------------------------------------------------------------------------


@given(DOCUMENTS)
def test_every_leaf_is_found_again_at_its_pointer(document: Json) -> None:
    for pointer, leaf in compare.walk(document):
        assert compare.at(document, pointer) == leaf


@given(DOCUMENTS)
def test_a_document_is_the_sum_of_its_leaves(document: Json) -> None:
    pointers = [pointer for pointer, _ in compare.walk(document)]
    assert len(pointers) == len(set(pointers)) >= 1


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", {"a/b": [1, {"~": 2}], "": 3}),
        ("/a~1b/1/~0", 2),
        ("/", 3),
        ("/a~1b/2", NOT_JSON),
        ("/a~1b/-1", NOT_JSON),
        ("/a~1b/01", NOT_JSON),
        ("/a~1b/²", NOT_JSON),
        ("/a~1b/" + "9" * 5000, NOT_JSON),
        ("/missing", NOT_JSON),
        ("/a~1b/0/deeper", NOT_JSON),
    ],
)
def test_a_pointer_leads_to_a_value_or_to_none(pointer: str, expected: Json) -> None:
    assert compare.at({"a/b": [1, {"~": 2}], "": 3}, pointer) == expected


def test_a_huge_document_is_walked_only_so_far() -> None:
    assert sum(1 for _ in compare.walk(list(range(20_000)))) == compare.MOST_LEAVES


def test_a_deep_document_is_walked_without_recursion() -> None:
    deep: Json = "bottom"
    for _ in range(3_000):
        deep = [deep]
    assert [leaf for _, leaf in compare.walk(deep)] == ["bottom"]


def test_rows_of_a_list_look_alike() -> None:
    assert compare.leaf_keys([{"id": 1}, {"id": 2, "x": []}]) == {"/*/id", "/*/x"}


# --- telling values -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, True, "", "ok", " OK ", "null", 0, 42, "ab", "success", "None"])
def test_some_values_prove_nothing(value: Json) -> None:
    assert compare.trivial(value)


@pytest.mark.parametrize("value", ["abc", 123, 1.5, "kat@example.com"])
def test_others_would_be_a_strange_coincidence(value: Json) -> None:
    assert not compare.trivial(value)


def test_telling_values_leave_out_what_is_empty_or_common() -> None:
    assert compare.telling_values({"a": [], "b": {}, "c": "ok", "d": ["kat@example.com", 1]}) == {"kat@example.com"}


def test_a_text_is_mentioned_inside_a_leaf() -> None:
    assert compare.mentions({"a": ["so aud123 it was"]}, "aud123")
    assert not compare.mentions({"aud123": "key only", "x": {}}, "aud123")


# --- the same answer ----------------------------------------------------------------------------------------

SAME: dict[str, tuple[Response, Response, bool]] = {
    "itself": (reply(200, KAT), reply(200, KAT), True),
    "another status of the class": (reply(200, KAT), reply(206, KAT), True),
    "another class": (reply(200, KAT), reply(400, KAT), False),
    "another media type": (reply(200, KAT), reply(200, KAT, headers={"content-type": "application/hal+json"}), False),
    "parameters of the media type do not count": (
        reply(200, KAT, headers={"content-type": "application/json; charset=utf-8"}),
        reply(200, KAT),
        True,
    ),
    "one shared telling value": (reply(200, KAT), reply(200, {**KAT, "id": "other", "mail": "b@c.de"}), True),
    "only trivial values shared": (
        reply(200, KAT),
        reply(200, {**KAT, "id": "bobbob", "name": "Bob", "mail": "bob@example.com"}),
        False,
    ),
    "another person's object": (
        reply(200, {"id": "a11", "mail": "a@example.com"}),
        reply(200, {"id": "b22", "mail": "b@example.com"}),
        False,
    ),
    "a member less": (reply(200, KAT), reply(200, {"id": "c0ffee"}), False),
    "one key in eleven more": (
        reply(200, {f"k{i}": f"value{i}" for i in range(10)}),
        reply(200, {f"k{i}": f"value{i}" for i in range(11)}),
        True,
    ),
    "two keys in ten more": (
        reply(200, {f"k{i}": f"value{i}" for i in range(8)}),
        reply(200, {f"k{i}": f"value{i}" for i in range(10)}),
        False,
    ),
    "an error where there was an object": (reply(200, KAT), reply(200, {"error": "kat@example.com"}), False),
    "two empty lists": (reply(200, []), reply(200, []), True),
    "an empty list for a full one": (reply(200, [KAT]), reply(200, []), False),
    "a longer list of the same kind": (reply(200, [KAT]), reply(200, [KAT, {**KAT, "id": "c0ffe2"}]), True),
    "equal trivial bodies": (reply(200, {"ok": True}), reply(200, {"ok": True}), True),
    "different trivial bodies": (reply(200, {"ok": True}), reply(200, {"ok": False}), False),
    "no bodies": (reply(204), reply(204), True),
    "equal texts": (text("<p>hello</p>"), text("<p>hello</p>"), True),
    "nearly equal texts": (text("word " * 100 + "1"), text("word " * 100 + "2"), True),
    "other texts": (text("<p>hello Kat</p>"), text("<h1>Not found</h1>"), False),
    "text for JSON": (reply(200, KAT), reply(200, text="{broken", headers={"content-type": "application/json"}), False),
}


@pytest.mark.parametrize(("one", "other", "expected"), SAME.values(), ids=SAME)
def test_two_answers_say_the_same(one: Response, other: Response, expected: bool) -> None:
    assert compare.same(one, other) is expected


def test_volatile_fields_are_those_in_which_idle_controls_differ() -> None:
    first = reply(200, {"id": "c0ffee", "at": "10:00", "rows": [{"seen": 1}, {"seen": 2}], "gone": None})
    second = reply(200, {"id": "c0ffee", "at": "10:01", "rows": [{"seen": 3}, {"seen": 4}], "new": "x"})
    assert compare.volatile(first, second) == {"/at", "/rows/*/seen", "/new"}
    assert compare.volatile(first, text("no JSON")) == frozenset()


def test_what_is_volatile_proves_nothing() -> None:
    one, other = reply(200, {"request": "r-4711", "x": 1}), reply(200, {"request": "r-4711", "x": 2})
    assert compare.same(one, other)
    assert not compare.same(one, other, ignoring={"/request"})


def test_what_we_sent_ourselves_proves_nothing() -> None:
    one, other = reply(200, {"q": "needle", "n": 1}), reply(200, {"q": "needle", "n": 2})
    assert not compare.same(one, other, payloads={"needle"})


# --- likeness -----------------------------------------------------------------------------------------------


def test_likeness_counts_shared_leaves() -> None:
    assert compare.similarity(reply(200, {"a": 1, "b": 2}), reply(200, {"a": 1, "b": 3})) == pytest.approx(1 / 3)
    assert compare.similarity(reply(200, []), reply(200, [])) == 1.0


def test_payloads_are_taken_out_of_texts_the_longest_first() -> None:
    one, other = text("you asked for abcd"), text("you asked for ab")
    assert compare.similarity(one, other, payloads=("ab", "abcd", "")) == 1.0


def test_large_texts_are_alike_word_by_word() -> None:
    page = "\n".join(f"<li>line {number} of a long page</li>" for number in range(500))
    other = page.replace("line 250 ", "line x ")
    assert compare.similarity(text(page), text(other)) > compare.SIMILAR_TEXT
    assert compare.similarity(text(page), text("\n".join("nothing alike" for _ in range(3_000)))) < 0.1


@given(DOCUMENTS, DOCUMENTS)
def test_likeness_is_a_share_and_the_same_both_ways(one: Json, other: Json) -> None:
    left, right = reply(200, one), reply(200, other)
    assert 0.0 <= compare.similarity(left, right) <= 1.0
    assert compare.similarity(left, right) == compare.similarity(right, left)


@given(DOCUMENTS)
def test_an_answer_says_the_same_as_itself(document: Json) -> None:
    assert compare.same(reply(200, document), reply(200, json.loads(json.dumps(document))))
