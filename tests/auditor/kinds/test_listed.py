"""Which lists are things that requests point into."""

from __future__ import annotations

import pytest

from auditor.kinds.listed import only_listed
from auditor.kinds.resources import infer
from auditor.model import Document, Field, Json, Location, Operation

DATASETS = ("POST /datasets", "GET /datasets/{id}", "GET /datasets/{id}/examples", "POST /runs", "GET /runs/{id}")
TEXT: Json = {"type": "string"}


def field(name: str, *, required: bool = True, schema: Json = None, location: Location = Location.BODY) -> Field:
    return Field(
        location=location, pointer=f"/{name}", name=name, required=required, nullable=False, schema=schema or TEXT
    )


def listed(*fields: Field, labels: tuple[str, ...] = DATASETS) -> list[str]:
    operations = tuple(Operation(method=m, path=p) for m, _, p in (one.partition(" ") for one in labels))
    kinds = infer(Document(operations=operations))
    return [one.name for one in only_listed(operations, kinds, lambda one: fields if one.path == "/runs" else ())]


@pytest.mark.parametrize("name", ["example_id", "dataset_example_id", "datasetExampleId", "exampleIds"])
def test_a_required_field_that_names_what_is_only_listed_shows_that_it_is_a_thing(name: str) -> None:
    assert listed(field(name)) == ["/datasets/{id}/examples"]


@pytest.mark.parametrize(
    "one",
    [
        field("example_id", required=False),
        field("example"),
        field("dataset_id"),
        field("user_id"),
        field("other_id"),
        field("example_id", location=Location.QUERY),
    ],
    ids=lambda one: f"{one.name} in {one.location}",
)
def test_another_field_shows_nothing(one: Field) -> None:
    assert listed(one) == []


@pytest.mark.parametrize("labels", [("GET /examples",), ("GET /datasets/{id}", "GET /datasets/{id}/examples")])
def test_what_lies_in_nothing_that_can_be_made_is_somebody_elses(labels: tuple[str, ...]) -> None:
    assert listed(field("example_id"), labels=(*labels, "POST /runs", "GET /runs/{id}")) == []


def test_what_is_a_thing_already_stays_one() -> None:
    assert listed(field("example_id"), labels=(*DATASETS, "GET /datasets/{id}/examples/{example}")) == []


def test_it_lies_in_what_it_is_listed_below() -> None:
    operations = tuple(Operation(method=m, path=p) for m, _, p in (one.partition(" ") for one in DATASETS))
    kinds = infer(Document(operations=operations))
    (found,) = only_listed(operations, kinds, lambda one: (field("example_id"),) if one.path == "/runs" else ())
    assert found.only_listed
    assert found.parents == {"id": "/datasets"}
    assert found.parameter == "example_id"
