"""Values on the wire: the table of parameter styles, bodies, and changes one place at a time."""

from __future__ import annotations

import json
from email import message_from_bytes
from urllib.parse import parse_qsl, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.evidence import ABSENT
from auditor.model import Json, Location, Operation, Parameter
from auditor.values.serialising import Values, encoded, multipart, serialise, set_at, value_at

LIST = ["blue", "black"]
OBJECT = {"R": 100, "G": 200}


def operation(*parameters: Parameter, path: str = "/things") -> Operation:
    return Operation(method="GET", path=path, parameters=parameters)


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("", None, "blue", "blue"),
        ("", None, LIST, "blue,black"),
        ("simple", False, OBJECT, "R,100,G,200"),
        ("simple", True, OBJECT, "R=100,G=200"),
        ("label", False, "blue", ".blue"),
        ("label", False, LIST, ".blue,black"),
        ("label", True, LIST, ".blue.black"),
        ("label", True, OBJECT, ".R=100.G=200"),
        ("label", False, OBJECT, ".R,100,G,200"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, LIST, ";color=blue,black"),
        ("matrix", True, LIST, ";color=blue;color=black"),
        ("matrix", False, OBJECT, ";color=R,100,G,200"),
        ("matrix", True, OBJECT, ";R=100;G=200"),
        ("", None, "a/b?c#d é%", "a%2Fb%3Fc%23d%20%C3%A9%25"),
        ("", None, "..", "%2E%2E"),
        ("", None, True, "true"),
        ("", None, 7, "7"),
    ],
)
def test_path_parameters_are_written_in_their_style(
    style: str, explode: bool | None, value: Json, written: str
) -> None:
    parameter = Parameter(name="color", location=Location.PATH, style=style, explode=explode)
    path = serialise(operation(parameter, path="/x{color}/y"), Values(path={"color": value})).path
    assert path == f"/x{written}/y"


@pytest.mark.parametrize(
    ("style", "explode", "value", "written"),
    [
        ("", None, "blue", [("color", "blue")]),
        ("form", None, LIST, [("color", "blue"), ("color", "black")]),
        ("form", False, LIST, [("color", "blue,black")]),
        ("form", True, OBJECT, [("R", "100"), ("G", "200")]),
        ("form", False, OBJECT, [("color", "R,100,G,200")]),
        ("spaceDelimited", False, LIST, [("color", "blue black")]),
        ("pipeDelimited", False, LIST, [("color", "blue|black")]),
        ("tabDelimited", False, LIST, [("color", "blue\tblack")]),
        ("deepObject", True, OBJECT, [("color[R]", "100"), ("color[G]", "200")]),
        ("deepObject", True, {"a": {"b": [1, {"c": True}]}}, [("color[a][b][0]", "1"), ("color[a][b][1][c]", "true")]),
        ("json", None, OBJECT, [("color", '{"R": 100, "G": 200}')]),
        ("", None, None, [("color", "null")]),
        ("", None, ABSENT, []),
        ("", None, [], []),
    ],
)
def test_query_parameters_are_written_in_their_style(
    style: str, explode: bool | None, value: Json, written: list[tuple[str, str]]
) -> None:
    parameter = Parameter(name="color", location=Location.QUERY, style=style, explode=explode)
    assert list(serialise(operation(parameter), Values(query={"color": value})).query) == written


def test_headers_and_cookies_are_written() -> None:
    header = Parameter(name="X-Ids", location=Location.HEADER)
    values = Values(header={"X-Ids": [1, 2]}, cookie={"a": "1", "b": "2"})
    assert serialise(operation(header), values).headers == (("X-Ids", "1,2"), ("Cookie", "a=1; b=2"))


@pytest.mark.parametrize(
    ("path", "written", "query"),
    [
        ("/a?beta=true", "/a", (("beta", "true"),)),
        ("/a/#Action=X", "/a/", ()),
        ("/a b/é", "/a%20b/%C3%A9", ()),
        ("/{id}.json", "/7.json", ()),
        ("/{id}:archive", "/7:archive", ()),
        ("/{unknown}/{id}", "//7", ()),
        ("/{broken", "/%7Bbroken", ()),
    ],
)
def test_odd_path_templates_become_addresses(path: str, written: str, query: tuple[tuple[str, str], ...]) -> None:
    made = serialise(operation(path=path), Values(path={"id": 7}))
    assert (made.path, made.query) == (written, query)


@pytest.mark.parametrize(
    ("media", "body", "written", "sent_as"),
    [
        ("application/json", {"a": [1, None]}, b'{"a": [1, null]}', "application/json"),
        ("application/vnd.x+json; version=1", "a", b'"a"', "application/vnd.x+json; version=1"),
        ("application/x-www-form-urlencoded", {"a": ["x y", "z"], "b": {"c": [{"d": 1}]}},
         b"a=x+y&a=z&b%5Bc%5D%5B0%5D%5Bd%5D=1", "application/x-www-form-urlencoded"),
        ("text/plain", "héllo", "héllo".encode(), "text/plain"),
        ("application/octet-stream", "\x89PNG", b"\x89PNG", "application/octet-stream"),
        ("*/*", {"a": 1}, b'{"a": 1}', "application/json"),
        ("application/xml", {"a": "<&", "b": [1, 2]},
         b"<?xml version='1.0' encoding='UTF-8'?><root><a>&lt;&amp;</a><b>1</b><b>2</b></root>", "application/xml"),
        ("application/json", ABSENT, b"", ""),
        ("application/json", {"a": ABSENT, "b": [ABSENT, 1]}, b'{"b": [1]}', "application/json"),
        ("application/json", "\ud800", b'"\\ud800"', "application/json"),
    ],
)  # fmt: skip
def test_bodies_are_written_as_their_media_type(media: str, body: Json, written: bytes, sent_as: str) -> None:
    assert encoded(Values(body=body, media_type=media)) == (written, sent_as)


def test_multipart_bodies_have_files_and_the_same_boundary_every_time() -> None:
    body = {'na"me': "x", "photo": "\x89PNG\r\n"}
    raw, media = multipart(body, frozenset({"photo"}))
    assert multipart(body, frozenset({"photo"})) == (raw, media)
    parsed = message_from_bytes(f"Content-Type: {media}\r\n\r\n".encode() + raw)
    text, file = (part for part in parsed.walk() if not part.is_multipart())
    assert (text.get_param("name", header="content-disposition"), text.get_payload()) == ("na%22me", "x")
    assert (file.get_filename(), file.get_content_type()) == ("auditor.bin", "application/octet-stream")
    assert b"\r\n\r\n\x89PNG\r\n\r\n--auditor" in raw


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT.filter(lambda text: text != ""))
def test_any_text_survives_the_path(value: str) -> None:
    path = serialise(operation(path="/a/{x}/b"), Values(path={"x": value})).path
    assert path.isascii()
    assert path.count("/") == 3
    assert unquote(path) == f"/a/{value}/b"


@given(st.dictionaries(TEXT.filter(lambda text: text != ""), TEXT | st.lists(TEXT, min_size=1, max_size=3), max_size=4))
def test_any_flat_form_survives_urlencoding(body: dict[str, Json]) -> None:
    raw, _ = encoded(Values(body=body, media_type="application/x-www-form-urlencoded"))
    expected = [(k, one) for k, v in body.items() for one in (v if isinstance(v, list) else [v])]
    assert parse_qsl(raw.decode(), keep_blank_values=True) == expected


# --- changing -----------------------------------------------------------------------------------------------

BODY = {"a": {"b": [{"c": 1}, {"c": 2}]}, "x/y": 0}


@pytest.mark.parametrize(
    ("pointer", "value", "expected"),
    [
        ("/a/b/0/c", 9, {"a": {"b": [{"c": 9}, {"c": 2}]}, "x/y": 0}),
        ("/a/b/0", ABSENT, {"a": {"b": [{"c": 2}]}, "x/y": 0}),
        ("/a/b/2", 3, {"a": {"b": [{"c": 1}, {"c": 2}, 3]}, "x/y": 0}),
        ("/a", ABSENT, {"x/y": 0}),
        ("/x~1y", 1, {**BODY, "x/y": 1}),
        ("/new/inner", 1, {**BODY, "new": {"inner": 1}}),
        ("/new/0/c", 1, {**BODY, "new": [{"c": 1}]}),
        ("/missing/inner", ABSENT, BODY),
        ("", None, None),
        ("", ABSENT, ABSENT),
    ],
)
def test_one_place_of_a_body_is_changed_in_a_copy(pointer: str, value: Json, expected: Json) -> None:
    before = json.dumps(BODY)
    values = Values(body=BODY, media_type="application/json")
    assert set_at(values, Location.BODY, pointer, value).body == expected
    assert json.dumps(BODY) == before


@pytest.mark.parametrize("location", [one for one in Location if one is not Location.BODY])
def test_parameters_are_set_added_and_left_out(location: Location) -> None:
    changed = set_at(Values(), location, "/a~1b", [1])
    assert value_at(changed, location, "/a~1b") == [1]
    assert value_at(changed, location, "/a~1b/0") == 1
    assert value_at(set_at(changed, location, "/a~1b", ABSENT), location, "/a~1b") is ABSENT


def test_a_value_that_is_not_there_is_absent() -> None:
    assert value_at(Values(body=BODY), Location.BODY, "/a/b/7/c") is ABSENT
