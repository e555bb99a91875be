"""Paths as shapes, verbs in paths, and what collections are called."""

from __future__ import annotations

import pytest

from auditor.document.templates import path_values
from auditor.kinds.naming import named_for, names_of, noun, singulars
from auditor.kinds.paths import Seat, seat, shape, spoken_seat, verb_and_noun
from auditor.model import Resource


@pytest.mark.parametrize(
    ("path", "segments", "parameters", "last"),
    [
        ("/api/v1/cats/{id}", ("cats", None), ("id",), "cats"),
        ("/cats/", ("cats",), (), "cats"),
        ("/books/v1/{title}", ("books", "v1", None), ("title",), "books"),
        ("/v2", ("v2",), (), "v2"),
        ("/{a}", (None,), ("a",), ""),
        ("/cats?x=1#y", ("cats",), (), "cats"),
        ("/2024-01-31/cats", ("cats",), (), "cats"),
    ],
)
def test_a_path_is_read_as_names_and_parameters(
    path: str, segments: tuple[str | None, ...], parameters: tuple[str, ...], last: str
) -> None:
    found = shape(path)
    assert (found.segments, found.parameters, found.last_name) == (segments, parameters, last)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("POST /users/create", Seat("/users", "", "POST")),
        ("POST /datasets/upload", Seat("/datasets", "", "POST")),
        ("POST /createUser", Seat("/user", "", "POST")),
        ("POST /user-create", Seat("/user", "", "POST")),
        ("GET /getAllUsers", Seat("/users", "", "GET")),
        ("GET /users/list", Seat("/users", "", "GET")),
        ("GET /user/get/{id}", Seat("/user", "id", "GET")),
        ("GET /api/v1/getUser/{id}", Seat("/api/v1/user", "id", "GET")),
        ("PUT /users/{id}/update", Seat("/users", "id", "PUT")),
        ("POST /users/{id}/update", Seat("/users", "id", "PATCH")),
        ("DELETE /user/delete/{id}", Seat("/user", "id", "DELETE")),
        ("POST /users/{id}/delete", Seat("/users", "id", "DELETE")),
        ("GET /users/delete/{id}", None),
        ("GET /users/new", None),
        ("POST /add", None),
        ("DELETE /delete/{id}", None),
        ("POST /users", None),
        ("POST /users/{id}/create", None),
        ("DELETE /users/delete", None),
        ("GET /getaway/{id}", None),
    ],
)
def test_a_verb_in_a_path_says_what_the_method_would(label: str, expected: Seat | None) -> None:
    method, _, path = label.partition(" ")
    assert spoken_seat(method, path) == expected


def test_a_path_as_it_stands() -> None:
    assert seat("GET", "/v1/cats/{id}/") == Seat("/v1/cats", "id", "GET")
    assert seat("POST", "/v1/cats") == Seat("/v1/cats", "", "POST")


def test_verbs_are_taken_from_their_nouns() -> None:
    assert verb_and_noun("getAllOrderItems") == ("get", "order-items")
    assert verb_and_noun("list") == ("list", "")
    assert verb_and_noun("orders") == ("", "")


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("categories", {"category"}), ("people", {"person"}), ("addresses", {"address"}), ("statuses", {"status"}),
        ("children", {"child"}), ("houses", {"house"}), ("boxes", {"box"}), ("analyses", {"analysis"}),
        ("status", {"status"}), ("class", {"class"}), ("kernelspecs", {"kernelspec"}),
    ],
)  # fmt: skip
def test_words_have_singulars(word: str, forms: set[str]) -> None:
    assert forms <= singulars(word)


def test_what_lies_at_a_path_has_names() -> None:
    assert noun("/api/v1/order-items") == ("order", "items")
    assert noun("/getUsers") == ("users",)
    assert {"item", "items", "order item"} <= names_of("/orders/{id}/items")
    assert {"order item", "order items"} <= names_of("/order-items")


KINDS = tuple(
    Resource(name=name, parameter="id")
    for name in ("/doctors", "/orders/{id}/items", "/dataset_labels", "/users", "/user-groups", "/items")
)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("doctorId", "/doctors"), ("doctor", "/doctors"), ("primary_doctor_id", "/doctors"),
        ("doctor_uuid", "/doctors"),
        ("order_item_id", "/orders/{id}/items"), ("item_id", "/items"), ("label_id", "/dataset_labels"),
        ("dataset_label_identifier", "/dataset_labels"), ("user_group_id", "/user-groups"),
        ("group_id", "/user-groups"),
        ("X-User-Id", "/users"), ("doctorIds", "/doctors"), ("id", None), ("nothing_id", None),
    ],
)  # fmt: skip
def test_names_point_to_what_they_are_called_after(name: str, kind: str | None) -> None:
    found = named_for(name, KINDS)
    assert (found.name if found is not None else None) == kind


def test_values_are_read_back_from_a_path() -> None:
    assert path_values("/cats/{id}", "/cats/a%20b") == {"id": "a b"}
    assert path_values("/cats/{id}/", "/cats/7") == {"id": "7"}
    assert path_values("/cats/{id}", "/dogs/7") == {}
    assert path_values("/", "/") == {}
