"""What is recorded comes back as it was, whatever happens to the disk."""

from __future__ import annotations

import json
import resource
import signal
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.errors import AuditorError
from auditor.evidence import Contrast, Fact
from auditor.model import (
    NOT_JSON,
    Credential,
    Exchange,
    Facts,
    Identity,
    Json,
    Mutation,
    Operation,
    Request,
    Response,
    Role,
    SecretHit,
    Violation,
)
from auditor.sending.recording import EVIDENCE, EXCHANGES, Recorder, decode, encode, read_evidence, read_exchanges

READ = Operation(method="GET", path="/items/{id}")


def exchange(id: str = "e1", body: bytes = b"{}", operation: Operation | None = READ) -> Exchange:
    request = Request(method="GET", path="/items/1", operation=operation, identity=Identity("alice"))
    return Exchange(id=id, request=request, response=Response(status=200, body=body))


def comparable(one: Exchange) -> Exchange:
    """Return the exchange with its operation, which is compared by identity, named in the path instead."""
    request = one.request
    label = request.operation.label if request.operation else ""
    return replace(one, request=replace(request, operation=None, path=f"{label} {request.path}"))


# --- exchanges ----------------------------------------------------------------------------------------------

words = st.text(max_size=12)
pairs = st.lists(st.tuples(words, words), max_size=3).map(tuple)
numbers = st.floats(allow_nan=False)
requests = st.builds(
    Request,
    method=st.sampled_from(["GET", "POST"]),
    path=words,
    operation=st.sampled_from([None, READ, Operation(method="POST", path="/items")]),
    query=pairs,
    headers=pairs,
    body=st.binary(max_size=40),
    identity=st.builds(Identity, words, role=words, disposable=st.booleans()),
    credential=st.none(),
    role=st.sampled_from(Role),
    purpose=words,
    mutation=st.none() | st.builds(Mutation, location=words, pointer=words, kind=words, value=words),
    shared=st.booleans(),
    recipe=words,
)
responses = st.builds(
    Response,
    status=st.integers(0, 599),
    headers=pairs,
    body=st.binary(max_size=40) | words.map(lambda text: text.encode("utf-8", "replace")),
    truncated=st.booleans(),
    problem=words,
)
facts = st.builds(
    Facts,
    hits=st.lists(
        st.builds(SecretHit, name=words, kind=words, form=words, where=words, sent_here=st.booleans()), max_size=2
    ).map(tuple),
    violations=st.lists(st.builds(Violation, pointer=words, keyword=words, message=words), max_size=2).map(tuple),
    documented=st.booleans(),
    soft_error=st.booleans(),
)
exchanges = st.builds(
    Exchange,
    id=st.uuids().map(str),
    request=requests,
    response=responses,
    facts=facts,
    sent_at=numbers,
    first_byte_ms=numbers,
    elapsed_ms=numbers,
    phase=words,
    secure=st.booleans(),
    local=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(exchanges, max_size=4, unique_by=lambda one: one.id))
def test_every_exchange_comes_back_as_it_was(tmp_path: Path, sent: list[Exchange]) -> None:
    recorder = Recorder(tmp_path / "run")
    for one in sent:
        recorder.exchange(one)
    recorder.close()
    read = read_exchanges(tmp_path / "run", {READ.label: READ})
    assert list(read) == [one.id for one in sent]
    assert [comparable(read[one.id]) for one in sent] == [comparable(one) for one in sent]
    assert [comparable(recorder.get(one.id)) for one in sent] == [comparable(one) for one in sent]


def test_the_recorder_gives_back_the_very_operation_it_was_given(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange("e1"))
    recorder.exchange(exchange("e2", operation=None))
    assert recorder.get("e1").operation is READ
    assert recorder.get("e2").operation is None
    recorder.close()


def test_an_operation_that_the_document_no_longer_has_is_read_bare(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange())
    recorder.close()
    operation = read_exchanges(tmp_path, {})["e1"].operation
    assert operation is not None
    assert operation.label == READ.label


def test_a_credential_is_never_written(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    sent = exchange()
    recorder.exchange(replace(sent, request=replace(sent.request, credential=Credential(headers=(("A", "s3cr3t"),)))))
    recorder.evidence(recipe="r", subject="s", value=Credential(headers=(("A", "s3cr3t"),)), error=None)
    recorder.close()
    assert "s3cr3t" not in (tmp_path / EXCHANGES).read_text() + (tmp_path / EVIDENCE).read_text()


def test_text_is_written_readably_and_other_bytes_as_base64(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange("e1", body="«alice.token#1»".encode()))
    recorder.exchange(exchange("e2", body=b"\xff\x00"))
    recorder.close()
    first, second = (json.loads(line) for line in (tmp_path / EXCHANGES).read_text("utf-8").splitlines())
    assert first["response"]["body"] == "«alice.token#1»"
    assert second["response"]["body"] == {"$base64": "/wA="}


# --- accidents ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path, cut: int) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange("e1"))
    recorder.exchange(exchange("e2"))
    recorder.close()
    path = tmp_path / EXCHANGES
    path.write_bytes(path.read_bytes()[:-cut])
    assert list(read_exchanges(tmp_path, {})) == ["e1"]


@pytest.mark.parametrize("line", [b"{\n", b'{"id":"e7\n', b"[]\n", b"\xff\n", b"\n"])
def test_garbage_between_lines_is_left_out(tmp_path: Path, line: bytes) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange("e1"))
    recorder.evidence(recipe="r", subject="s", value=None, error=("unavailable", "why", "how"))
    recorder.close()
    for name in (EXCHANGES, EVIDENCE):
        with (tmp_path / name).open("ab") as file:
            file.write(line)
    assert list(read_exchanges(tmp_path, {})) == ["e1"]
    assert [one.error for one in read_evidence(tmp_path, {}, {})] == [("unavailable", "why", "how")]


def test_a_line_that_is_no_exchange_says_so(tmp_path: Path) -> None:
    (tmp_path / EXCHANGES).write_bytes(b'{"id":"e1","request":7}\n')
    with pytest.raises(AuditorError, match="cannot be read"):
        read_exchanges(tmp_path, {})["e1"]


def test_a_folder_without_a_recording_is_empty(tmp_path: Path) -> None:
    assert dict(read_exchanges(tmp_path, {})) == {}
    assert list(read_evidence(tmp_path, {}, {})) == []


@contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    """Let the operating system refuse what a full disk would refuse."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_named_and_what_is_there_stays_readable(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.exchange(exchange("e1"))
    with files_no_larger_than(4096), pytest.raises(AuditorError, match=str(tmp_path)):
        recorder.exchange(exchange("e2", body=b"x" * 10_000))
    recorder.exchange(exchange("e3"))
    recorder.close()
    assert list(read_exchanges(tmp_path, {})) == ["e1", "e3"]
    assert recorder.get("e3").id == "e3"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AuditorError, match="cannot be written"):
        Recorder(tmp_path / "file")


def test_a_closed_recorder_says_so(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.close()
    with pytest.raises(AuditorError, match="closed"):
        recorder.exchange(exchange())


def test_only_our_own_files_are_replaced(tmp_path: Path) -> None:
    for name in ("run.json", EXCHANGES, EVIDENCE, "report.html", "notes.md", "run.json.bak"):
        (tmp_path / name).write_text("old")
    (tmp_path / "report.d").mkdir()
    Recorder(tmp_path).close()
    assert {path.name for path in tmp_path.iterdir()} == {EXCHANGES, EVIDENCE, "notes.md", "run.json.bak", "report.d"}
    assert (tmp_path / EXCHANGES).read_text() == ""


def test_a_link_is_removed_and_what_it_points_to_is_not(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("old")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / EXCHANGES).symlink_to(tmp_path / "precious")
    Recorder(tmp_path / "run").close()
    assert (tmp_path / "precious").read_text() == "old"


# --- evidence -----------------------------------------------------------------------------------------------


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Leaf:
    size: int
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Flower:
    petals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    name: str
    height: float
    raw: bytes
    leaves: tuple[Leaf, ...]
    best: Leaf | Flower | None
    span: tuple[int, str]
    by_name: Mapping[str, Leaf]
    by_number: Mapping[int, tuple[str, ...]]
    tags: frozenset[str]
    either: int | str | None
    free: Json


leaves = st.builds(Leaf, st.integers(), st.none() | st.sampled_from(Colour))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.just("$ref"), inner, max_size=3),
    max_leaves=6,
)
trees = st.builds(
    Tree,
    name=words,
    height=numbers,
    raw=st.binary(max_size=8),
    leaves=st.lists(leaves, max_size=2).map(tuple),
    best=st.none() | leaves | st.builds(Flower, st.integers()),
    span=st.tuples(st.integers(), words),
    by_name=st.dictionaries(words, leaves, max_size=2),
    by_number=st.dictionaries(st.integers(), st.lists(words, max_size=2).map(tuple), max_size=2),
    tags=st.frozensets(words, max_size=3),
    either=st.none() | st.integers() | words,
    free=anything,
)


@settings(deadline=None)
@given(trees)
def test_evidence_survives_being_written(tree: Tree) -> None:
    assert decode(json.loads(json.dumps(encode(tree))), Tree) == tree


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NOT_JSON, Any),
        ({"$pairs": [1], "$exchange": "x"}, Any),
        ([{"a": {"$not_json": True}}], Any),
        (b"\xff", Any),
        ((1, (2, 3)), tuple[int, tuple[int, ...]]),
        (None, Exchange | None),
        ([1, 2], list[int]),
        ({1, 2}, set[int]),
        (Colour.RED, Colour),
        (Fact("e1", "GET /", Leaf(3)), Fact[Leaf]),
        (Role.PROBE, Role | None),
        (b"abc", bytes | None),
        (3.0, float),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime),
        (datetime(2026, 1, 2, tzinfo=UTC), datetime | None),
        ("a", Literal["a", "b"] | None),
        ({"a": 1}, Mapping[str, int] | str | None),
        ("x", tuple[str, ...] | str),
        (("x",), str | tuple[str, ...]),
        (7, Colour | int),
        ([1], Leaf | list[int]),
        (frozenset({1}), AbstractSet[int]),
        ((1, 2), tuple),
        ("free", Any | None),
    ],
)
def test_a_value_comes_back_as_its_type_says(value: object, kind: Any) -> None:
    assert decode(json.loads(json.dumps(encode(value))), kind) == value


def test_a_union_of_references_and_values_is_told_apart() -> None:
    one = exchange()
    kind: Any = Exchange | Leaf | Operation | None
    for value in (one, Leaf(3), None):
        assert decode(encode(value), kind, exchanges={"e1": one}) == value
    assert decode(encode(READ), kind, operations={READ.label: READ}) is READ


def test_a_float_written_without_fraction_stays_a_float() -> None:
    assert type(decode(3, float)) is float


def test_exchanges_and_operations_are_written_as_references() -> None:
    one = exchange()
    assert encode(one) == {"$exchange": "e1"}
    assert encode(READ) == "GET /items/{id}"
    assert decode({"$exchange": "e1"}, Exchange, exchanges={"e1": one}) is one
    assert decode("GET /items/{id}", Operation, operations={READ.label: READ}) is READ


def test_recorded_evidence_points_to_recorded_exchanges(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    three = tuple(exchange(f"e{number}") for number in range(3))
    for one in three:
        recorder.exchange(one)
    value = Contrast(control=three[0], changed=three[1], again=three[2])
    recorder.evidence(recipe="evidence.anonymous", subject=READ.label, value=value, error=None)
    recorder.close()
    (recorded,) = read_evidence(
        tmp_path, {"evidence.anonymous": Contrast}, read_exchanges(tmp_path, {READ.label: READ})
    )
    assert (recorded.recipe, recorded.subject, recorded.error) == ("evidence.anonymous", READ.label, None)
    assert recorded.value == value


def test_evidence_that_cannot_be_read_is_unavailable_and_says_why(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    value = Contrast(control=exchange(), changed=exchange(), again=exchange())
    recorder.evidence(recipe="gone", subject="s", value=value, error=None)
    recorder.evidence(recipe="known", subject="s", value=value, error=None)
    recorder.close()
    gone, broken = read_evidence(tmp_path, {"known": Contrast}, {})
    assert gone.error == ("unavailable", "no recipe gone is loaded", "")
    assert broken.error is not None
    assert broken.error[0] == "unavailable"
    assert "e1" in broken.error[1]


def test_what_was_asked_again_counts_as_it_came_the_last_time(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for subject, why in (("GET /a", "broken"), ("GET /b", "other"), ("GET /a", "whole")):
        recorder.evidence(recipe="known", subject=subject, value=None, error=("unavailable", why, ""))
    recorder.close()
    found = [(one.subject, one.error) for one in read_evidence(tmp_path, {}, {})]
    assert found == [("GET /b", ("unavailable", "other", "")), ("GET /a", ("unavailable", "whole", ""))]
