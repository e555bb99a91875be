"""Small backends of many habits, seeded: what is reached, what was learned on the way, and what was left alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

from auditor.course.runner import Stage
from auditor.evidence import Made, Steps
from auditor.model import ANONYMOUS, Json, Request
from auditor.world.seeding import most_requests
from tests.auditor.backends import NOT_FOUND, Backend, seeded
from tests.auditor.building import Asked, Served, answer, run, stage

BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}
NUMBER: Json = {"type": "integer"}


def everything(backend: Backend, *users: str, admin: bool = False) -> None:
    """All operations are reached, and nothing of ours is left."""
    found = seeded(backend, *users, admin=admin)
    assert found.missing == {}
    assert found.leftovers == ()


def crud(backend: Backend, path: str, table: dict[str, Json], **create: Json) -> None:
    """Read and remove rows of a table at `path/{id}`; creating is the test's own business."""

    @backend.on(f"GET {path}/{{id}}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, table[key]) if key in table else NOT_FOUND

    @backend.on(f"DELETE {path}/{{id}}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if table.pop(key, None) else NOT_FOUND


# --- identifiers --------------------------------------------------------------------------------------------


def shaped(key: str, sent: Json) -> dict[str, Served | httpx.Response]:
    """The same new cat, as different APIs answer with it."""
    return {
        "plain": (201, {"id": int(key), **sent}),
        "wrapped": (201, {"data": {"id": int(key), **sent}}),
        "JSON:API": (201, {"data": {"type": "cats", "id": key, "attributes": sent}}),
        "twice wrapped": (200, {"status": "ok", "result": {"cat": {"id": key, **sent}}}),
        "a list": (200, [{"id": key, **sent}]),
        "HAL": (201, {**sent, "_links": {"self": {"href": f"http://api.test/cats/{key}"}, "cats": {"href": "/cats"}}}),
        "Location alone": httpx.Response(201, headers={"location": f"/cats/{key}"}),
        "the bare id": (200, int(key)),
        "an odd wrapper": (200, {"message": "done", "kitten": {"id": key, **sent}}),
        "nothing, so the list tells": httpx.Response(204),
    }


@pytest.mark.parametrize("shape", shaped("1", {}))
def test_what_was_made_is_found_however_the_answer_names_it(shape: str) -> None:
    backend, cats = Backend(), dict[str, Json]()

    @backend.on("POST /cats", body=("name",))
    def create(asked: Asked) -> Served | httpx.Response:
        key = str(backend.number())
        cats[key] = {"id": int(key), **asked.body}
        return shaped(key, asked.body)[shape]

    @backend.on("GET /cats")
    def every(_asked: Asked) -> Served:
        return 200, {"cats": list(cats.values()), "total": len(cats)}

    crud(backend, "/cats", cats)
    everything(backend)
    assert cats == {}


@pytest.mark.parametrize(("parameter", "member"), [("id", "uuid"), ("cat_id", "slug"), ("cat", "number")])
def test_of_several_names_the_one_that_a_read_knows_is_taken(parameter: str, member: str) -> None:
    backend, cats = Backend(), dict[str, Json]()

    @backend.on("POST /cats", body=("name",))
    def create(asked: Asked) -> Served:
        number = backend.number()
        row = {"id": number, "uuid": str(uuid4()), "slug": asked.body["name"].lower(), "number": f"C-{number}"}
        cats[row[member]] = {**row, **asked.body}
        return 201, cats[row[member]]

    @backend.on(f"GET /cats/{{{parameter}}}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, cats[key]) if key in cats else NOT_FOUND

    @backend.on(f"PATCH /cats/{{{parameter}}}", body=("name",))
    def change(asked: Asked, key: str) -> Served:
        return (200, {**cats[key], **asked.body}) if key in cats else NOT_FOUND

    @backend.on(f"DELETE /cats/{{{parameter}}}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if cats.pop(key, None) else NOT_FOUND

    everything(backend)
    assert cats == {}


def test_a_key_that_we_chose_ourselves_names_the_object_that_the_answer_does_not() -> None:
    backend, books = Backend(), dict[str, Json]()

    @backend.on("POST /books/v1", body=("book_title", "secret"))
    def create(asked: Asked) -> Served:
        books[asked.body["book_title"]] = asked.body
        return 200, {"status": "success", "message": "the book has been added"}

    @backend.on("GET /books/v1/{book_title}")
    def read(_asked: Asked, key: str) -> Served:
        from urllib.parse import unquote

        return (200, books[unquote(key)]) if unquote(key) in books else NOT_FOUND

    assert seeded(backend).missing == {}


# --- references ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("parameter", ["slug", "post_id"])
def test_an_update_keeps_the_name_that_an_item_is_addressed_by(parameter: str) -> None:
    backend, posts = Backend(), dict[str, Json]()

    @backend.on("POST /posts", body=("slug", "title"))
    def publish(asked: Asked) -> Served:
        posts[asked.body["slug"]] = dict(asked.body)
        return 201, {"post": asked.body}

    @backend.on(f"GET /posts/{{{parameter}}}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, {"post": posts[key]}) if key in posts else NOT_FOUND

    @backend.on(f"PUT /posts/{{{parameter}}}", body=("slug", "title"))
    def change(asked: Asked, key: str) -> Served:
        if asked.body["slug"] != key:
            return 409, {"error": "it is called otherwise"}
        posts[key] = dict(asked.body)
        return 200, {"post": posts[key]}

    @backend.on(f"DELETE /posts/{{{parameter}}}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if posts.pop(key, None) else NOT_FOUND

    everything(backend)
    assert posts == {}


def test_what_an_update_moved_is_removed_where_it_lies_then() -> None:
    """The name is made of the title, and follows it; a row of somebody else lies at a name we never had."""
    others = {"somebody-elses": {"slug": "somebody-elses", "title": "Somebody else's"}}
    backend, posts = Backend(), dict(others)

    @backend.on("POST /posts", body=("title",))
    def publish(asked: Asked) -> Served:
        slug = str(asked.body["title"]).lower().replace(" ", "-")
        posts[slug] = {"slug": slug, **asked.body}
        return 201, posts[slug]

    @backend.on("GET /posts/{slug}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, posts[key]) if key in posts else NOT_FOUND

    @backend.on("PATCH /posts/{slug}", body=("title",))
    def change(asked: Asked, key: str) -> Served:
        if key not in posts:
            return NOT_FOUND
        del posts[key]
        slug = str(asked.body["title"]).lower().replace(" ", "-")
        posts[slug] = {"slug": slug, "title": asked.body["title"]}
        return 200, posts[slug]

    @backend.on("DELETE /posts/{slug}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if posts.pop(key, None) else NOT_FOUND

    everything(backend)
    assert posts == others


def test_references_of_three_levels_are_made_first() -> None:
    backend = Backend()
    tables: dict[str, dict[str, Json]] = {"companies": {}, "departments": {}, "employees": {}, "badges": {}}
    needs: dict[str, tuple[str, str, Json]] = {
        "departments": ("company_id", "companies", NUMBER),
        "employees": ("departmentIds", "departments", {"type": "array", "items": {"type": "string"}, "minItems": 1}),
        "badges": ("employee", "employees", {"type": "object", "properties": {"id": NUMBER}, "required": ["id"]}),
    }

    def collection(name: str) -> None:
        key, pointed, schema = needs.get(name, ("", "", {}))

        @backend.on(f"POST /{name}", body={"title": {"type": "string"}, **({key: schema} if key else {})})
        def create(asked: Asked) -> Served:
            sent = asked.body.get(key)
            wanted = sent["id"] if isinstance(sent, dict) else sent[0] if isinstance(sent, list) else sent
            if key and str(wanted) not in tables[pointed]:
                return 422, {"error": f"{key}: there is no such row in {pointed}"}
            new = str(backend.number())
            tables[name][new] = {"id": int(new), **asked.body}
            return 201, tables[name][new]

        crud(backend, f"/{name}", tables[name])

    for name in reversed(tables):
        collection(name)
    everything(backend)
    assert not any(tables.values())


def test_a_text_that_turns_out_to_be_a_reference_is_written_as_one() -> None:
    backend, topics, notes = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /topics", body=("slug",))
    def create(asked: Asked) -> Served:
        if any(one["slug"] == asked.body["slug"] for one in topics.values()):
            return 409, {"error": "the slug is taken"}
        key = str(backend.number())
        topics[key] = {"id": key, **asked.body}
        return 201, topics[key]

    crud(backend, "/topics", topics)

    @backend.on("POST /notes", body=("text", "topic"))
    def note(asked: Asked) -> Served:
        if asked.body["topic"] not in [one["slug"] for one in topics.values()]:
            return 400, {"error": "unknown topic"}
        key = str(backend.number())
        notes[key] = {"id": key, **asked.body}
        return 201, notes[key]

    crud(backend, "/notes", notes)
    everything(backend)


def test_what_takes_the_same_pair_only_once_gets_references_of_its_own() -> None:
    backend, shelves, stock = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /shelves", body=("label",))
    def shelve(asked: Asked) -> Served:
        key = str(backend.number())
        shelves[key] = {"id": int(key), **asked.body}
        return 201, shelves[key]

    crud(backend, "/shelves", shelves)

    @backend.on("POST /stock", body={"shelf_id": NUMBER, "amount": NUMBER})
    def create(asked: Asked) -> Served:
        if str(asked.body["shelf_id"]) not in shelves:
            return 404, {"error": "no such shelf"}
        if any(one["shelf_id"] == asked.body["shelf_id"] for one in stock.values()):
            return 409, {"error": "the shelf is taken"}
        key = str(backend.number())
        stock[key] = {"id": int(key), **asked.body}
        return 201, stock[key]

    crud(backend, "/stock", stock)
    everything(backend)


def test_who_is_refused_while_somebody_learns_that_a_parent_is_full_makes_one_of_their_own_as_well() -> None:
    backend, walls, hooks = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /walls", body=("label",))
    def build(asked: Asked) -> Served:
        key = str(backend.number())
        walls[key] = {"id": int(key), **asked.body}
        return 201, walls[key]

    crud(backend, "/walls", walls)

    @backend.on("POST /walls/{wall_id}/hooks", body=("label",))
    def drive(asked: Asked, wall: str) -> Served:
        if any(one["wall"] == wall for one in hooks.values()):
            return 400, {"error": ["Duplicate position."]}
        key = str(backend.number())
        hooks[key] = {"id": int(key), "wall": wall, **asked.body}
        return 201, hooks[key]

    @backend.on("GET /walls/{wall_id}/hooks/{hook_id}")
    def look(_asked: Asked, _wall: str, key: str) -> Served:
        return (200, hooks[key]) if key in hooks else NOT_FOUND

    async def course() -> list[Made]:
        async with stage((), paths=backend.paths, serving=backend) as opened:
            kind = opened.world.relations.named("/walls/{wall_id}/hooks")
            assert kind is not None
            assert len(hooks) == 1
            making = [opened.world.objects.making.make(kind, ANONYMOUS) for _ in range(2)]
            return await in_turns(opened, making)

    first, second = run(course())
    assert first.bindings["wall_id"] != second.bindings["wall_id"]
    assert len(hooks) == 3


async def in_turns(opened: Stage, courses: Sequence[Steps[Made]]) -> list[Made]:
    """Do a step of each, then the next of each, as if all were on their way at once."""
    made: dict[int, Made] = {}
    answered: list[Any] = [None] * len(courses)
    while len(made) < len(courses):
        for place, course in enumerate(courses):
            if place in made:
                continue
            try:
                step = course.send(answered[place])
                assert isinstance(step, Request)
                answered[place] = await opened.session.send(step)
            except StopIteration as stop:
                made[place] = stop.value
    return [made[place] for place in range(len(courses))]


def test_of_what_is_only_listed_the_next_is_pointed_to() -> None:
    backend, seats = Backend(), dict[str, Json]()

    @backend.on("GET /rooms")
    def rooms(_asked: Asked) -> Served:
        return 200, {"results": [{"id": 3, "full": True}, {"id": 4, "full": False}]}

    @backend.on("GET /rooms/{id}")
    def room(_asked: Asked, key: str) -> Served:
        return (200, {"id": int(key)}) if key in {"3", "4"} else NOT_FOUND

    @backend.on("POST /seats", body={"room_id": NUMBER, "label": {"type": "string"}})
    def sit(asked: Asked) -> Served:
        if asked.body["room_id"] != 4:
            return 409, {"error": "somebody sits there already"}
        key = str(backend.number())
        seats[key] = {"id": int(key), **asked.body}
        return 201, seats[key]

    crud(backend, "/seats", seats)
    everything(backend)


def test_what_lies_in_ours_and_can_only_be_listed_is_pointed_to() -> None:
    """The lines of a book come with it, and nothing reads one; an optional reference to one is left out."""
    backend, books, notes = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /books", body={"title": {"type": "string"}})
    def write(asked: Asked) -> Served:
        if "line_ids" in asked.body:
            return 422, {"error": "no such lines"}
        key = str(backend.number())
        books[key] = {"id": int(key), **asked.body}
        return 201, books[key]

    crud(backend, "/books", books)
    schema = backend.paths["/books"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    schema["properties"]["line_ids"] = {"type": "array", "items": {"type": "string"}}

    @backend.on("GET /books/{book_id}/lines")
    def lines(_asked: Asked, book: str) -> Served:
        return (200, {"data": {"book": int(book), "lines": [{"id": f"line-{book}"}]}}) if book in books else NOT_FOUND

    @backend.on("POST /books/{book_id}/notes", body=("book_line_id", "text"))
    def note(asked: Asked, book: str) -> Served:
        if asked.body["book_line_id"].removeprefix("line-") not in books:
            return 500, {"error": "Internal Server Error"}
        key = str(backend.number())
        notes[key] = {"id": int(key), "book": book, **asked.body}
        return 201, notes[key]

    crud(backend, "/notes", notes)
    everything(backend)


def test_what_lies_in_what_was_there_before_is_not_pointed_to() -> None:
    """No book can be made, so the lines that are listed are somebody's: no note of ours is put to them."""
    backend = Backend()
    noted: list[str] = []

    @backend.on("POST /books", body=("title",))
    def write(_asked: Asked) -> Served:
        return 403, {"error": "not you"}

    @backend.on("GET /books")
    def books(_asked: Asked) -> Served:
        return 200, [{"id": 7}]

    @backend.on("GET /books/{book_id}")
    def book(_asked: Asked, key: str) -> Served:
        return (200, {"id": 7}) if key == "7" else NOT_FOUND

    @backend.on("GET /books/{book_id}/lines")
    def lines(_asked: Asked, _book: str) -> Served:
        return 200, [{"id": "line-7"}]

    @backend.on("POST /notes", body=("book_line_id", "text"))
    def note(asked: Asked) -> Served:
        noted.append(asked.body["book_line_id"])
        return 404, {"error": "no such line"}

    seeded(backend)
    assert noted
    assert "line-7" not in noted


@pytest.mark.parametrize("status", [404, 422])
def test_who_points_by_another_id_than_things_are_addressed_by_finds_it(status: int) -> None:
    """A span is `7` in paths and `abc` in whatever is said about it; the create said so, a level deep."""
    backend, spans, remarks = Backend(), dict[str, Json](), dict[str, Json]()
    context: Json = {"type": "object", "properties": {"span_id": {"type": "string"}}, "required": ["span_id"]}

    @backend.on("POST /spans", body={"name": {"type": "string"}, "context": context})
    def begin(asked: Asked) -> Served:
        key = str(backend.number())
        spans[key] = {"id": int(key), **asked.body}
        return 201, {"id": int(key)}

    crud(backend, "/spans", spans)

    @backend.on("POST /remarks", body=("span_id", "text"))
    def remark(asked: Asked) -> Served:
        if asked.body["span_id"] not in {one["context"]["span_id"] for one in spans.values()}:
            return status, {"error": f"Span with ID {asked.body['span_id']} not found"}
        key = str(backend.number())
        remarks[key] = {"id": int(key), **asked.body}
        return 201, remarks[key]

    crud(backend, "/remarks", remarks)
    everything(backend)


def test_two_references_to_one_kind_name_two_objects_and_the_first_is_funded() -> None:
    backend, wallets, transfers = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /wallets", body=("label",))
    def open_one(asked: Asked) -> Served:
        key = str(backend.number())
        wallets[key] = {"id": int(key), "cents": 0, **asked.body}
        return 201, wallets[key]

    crud(backend, "/wallets", wallets)

    @backend.on("POST /wallets/{id}/deposits", body={"cents": {"type": "integer", "minimum": 100}})
    def deposit(asked: Asked, key: str) -> Served:
        if key not in wallets:
            return NOT_FOUND
        wallets[key]["cents"] += asked.body["cents"]
        return 200, wallets[key]

    @backend.on("POST /transfers", body={"from_wallet_id": NUMBER, "to_wallet_id": NUMBER, "cents": NUMBER})
    def transfer(asked: Asked) -> Served:
        source, target = (str(asked.body[name]) for name in ("from_wallet_id", "to_wallet_id"))
        if source == target or not {source, target} <= wallets.keys():
            return 422, {"error": "two wallets that exist"}
        if wallets[source]["cents"] < asked.body["cents"]:
            return 409, {"error": "not enough"}
        key = str(backend.number())
        transfers[key] = {"id": int(key), **asked.body}
        return 201, transfers[key]

    crud(backend, "/transfers", transfers)
    everything(backend)


# --- creates of other habits --------------------------------------------------------------------------------


def test_what_a_put_creates_is_made_at_a_name_of_ours() -> None:
    backend, buckets = Backend(), dict[str, Json]({"theirs": {"keys": {}}})

    @backend.on("GET /buckets")
    def every(_asked: Asked) -> Served:
        return 200, [{"name": name} for name in buckets]

    @backend.on("PUT /buckets/{name}", body=("label",))
    def put(asked: Asked, name: str) -> Served:
        known = name in buckets
        buckets.setdefault(name, {"keys": {}}).update(asked.body)
        return (200 if known else 201), {"name": name}

    @backend.on("GET /buckets/{name}")
    def read(_asked: Asked, name: str) -> Served:
        return (200, buckets[name]) if name in buckets else NOT_FOUND

    @backend.on("DELETE /buckets/{name}")
    def remove(_asked: Asked, name: str) -> Served:
        return (204, None) if buckets.pop(name, None) else NOT_FOUND

    @backend.on("PUT /buckets/{name}/keys/{key}", body=("value",))
    def put_key(asked: Asked, name: str, key: str) -> Served:
        if name not in buckets:
            return NOT_FOUND
        buckets[name]["keys"][key] = asked.body
        return 204, None

    @backend.on("GET /buckets/{name}/keys/{key}")
    def read_key(_asked: Asked, name: str, key: str) -> Served:
        found = buckets.get(name, {"keys": {}})["keys"].get(key)
        return (200, found) if found else NOT_FOUND

    @backend.on("DELETE /buckets/{name}/keys/{key}")
    def remove_key(_asked: Asked, name: str, key: str) -> Served:
        return (204, None) if buckets.get(name, {"keys": {}})["keys"].pop(key, None) else NOT_FOUND

    everything(backend)
    assert buckets == {"theirs": {"keys": {}}}


def test_verbs_in_paths_are_read_as_what_they_mean() -> None:
    backend, users = Backend(), dict[str, Json]({"7": {"id": 7}})

    @backend.on("POST /createMember", body=("nickname",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        users[key] = {"id": int(key), **asked.body}
        return 200, users[key]

    @backend.on("GET /getAllMembers")
    def every(_asked: Asked) -> Served:
        return 200, list(users.values())

    @backend.on("GET /getMember/{id}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, users[key]) if key in users else NOT_FOUND

    @backend.on("PUT /members/{id}/update", body=("nickname",))
    def update(asked: Asked, key: str) -> Served:
        return (200, {**users[key], **asked.body}) if key in users else NOT_FOUND

    @backend.on("DELETE /member/delete/{id}")
    def remove(_asked: Asked, key: str) -> Served:
        return (200, {}) if users.pop(key, None) else NOT_FOUND

    everything(backend)
    assert users == {"7": {"id": 7}}


def test_a_link_of_the_document_says_what_creates_an_item_and_where_its_id_lies() -> None:
    backend, jobs = Backend(), dict[str, Json]()
    link = {"job": {"operationId": "readJob", "parameters": {"job_id": "$response.body#/ticket/reference"}}}
    documented = {"202": {"description": "queued", "links": link}}

    @backend.on("POST /render", body=("text",), statuses=documented)
    def render(asked: Asked) -> Served:
        key = str(uuid4())
        jobs[key] = {"state": "done", **asked.body}
        return 202, {"id": "of the request", "ticket": {"reference": key}}

    @backend.on("GET /jobs/{job_id}", operationId="readJob")
    def read(_asked: Asked, key: str) -> Served:
        return (200, jobs[key]) if key in jobs else NOT_FOUND

    @backend.on("DELETE /jobs/{job_id}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if jobs.pop(key, None) else NOT_FOUND

    everything(backend)


def test_a_documented_redirect_is_reached() -> None:
    backend, links = Backend(), dict[str, Json]()

    @backend.on("POST /links", body=("target",))
    def create(asked: Asked) -> Served:
        key = f"k{backend.number()}"
        links[key] = {"code": key, "id": key, **asked.body}
        return 201, links[key]

    crud(backend, "/links", links)

    @backend.on("GET /go/{link_id}", statuses={"302": {"description": "off you go"}, "404": {"description": "none"}})
    def go(_asked: Asked, key: str) -> httpx.Response:
        return answer(302, location="https://example.com/") if key in links else answer(404, {})

    @backend.on("GET /old", statuses={"200": {"description": "said, but it moved"}})
    def old(_asked: Asked) -> httpx.Response:
        return answer(302, location="/new")

    found = seeded(backend)
    assert list(found.missing) == ["GET /old"]
    assert "GET /go/{link_id}" in found.stage.world.memory.redirected


# --- who may ------------------------------------------------------------------------------------------------


def shop(backend: Backend, halls: dict[str, Json], seats: dict[str, Json]) -> None:
    backend.schemes = BEARER

    @backend.on("POST /halls", body=("name",))
    def build(asked: Asked) -> Served:
        if asked.token != "root-token":
            return 403, {"error": "administrators only"}
        key = str(backend.number())
        halls[key] = {"id": int(key), **asked.body}
        return 201, halls[key]

    @backend.on("GET /halls/{id}")
    def hall(_asked: Asked, key: str) -> Served:
        return (200, halls[key]) if key in halls else NOT_FOUND

    @backend.on("DELETE /halls/{id}")
    def raze(asked: Asked, key: str) -> Served:
        if asked.token != "root-token":
            return 403, {"error": "administrators only"}
        return (204, None) if halls.pop(key, None) else NOT_FOUND

    @backend.on("POST /halls/{hall_id}/like")
    def like(asked: Asked, key: str) -> Served:
        if asked.token == "root-token":
            return 403, {"error": "visitors only"}
        return (200, {"likes": 1}) if key in halls else NOT_FOUND

    @backend.on("POST /halls/{hall_id}/seats", body=("row",))
    def seat(asked: Asked, hall_id: str) -> Served:
        if hall_id not in halls:
            return NOT_FOUND
        key = str(backend.number())
        seats[key] = {"id": int(key), "hall": hall_id, "of": asked.token, **asked.body}
        return 201, seats[key]

    @backend.on("GET /halls/{hall_id}/seats/{seat_id}")
    def read(_asked: Asked, hall_id: str, key: str) -> Served:
        return (200, seats[key]) if seats.get(key, {}).get("hall") == hall_id else NOT_FOUND

    @backend.on("DELETE /halls/{hall_id}/seats/{seat_id}")
    def leave(asked: Asked, hall_id: str, key: str) -> Served:
        if seats.get(key, {}).get("of") != asked.token:
            return NOT_FOUND
        del seats[key]
        return 204, None


def test_what_only_an_administrator_makes_serves_everybody_and_is_never_shared_by_writers() -> None:
    backend, halls, seats = Backend(), dict[str, Json](), dict[str, Json]()
    shop(backend, halls, seats)
    everything(backend, "alice", "bob", admin=True)
    assert (halls, seats) == ({}, {})
    liked = [one for one in backend.log if one.endswith("/like")]
    assert liked


def test_without_an_administrator_what_only_those_make_is_not_there() -> None:
    backend = Backend()
    shop(backend, {}, {})
    found = seeded(backend, "alice")
    assert set(found.missing) == set(found.by_operation)
    assert "{root: {role: admin" in found.by_operation["POST /halls"].unlock


def test_an_administrator_makes_things_inside_what_was_there_before() -> None:
    backend, posters = Backend(), dict[str, Json]()
    backend.schemes = BEARER
    halls = {"4": {"id": 4, "name": "the old hall"}}

    @backend.on("GET /halls")
    def every(_asked: Asked) -> Served:
        return 200, list(halls.values())

    @backend.on("GET /halls/{id}")
    def hall(_asked: Asked, key: str) -> Served:
        return (200, halls[key]) if key in halls else NOT_FOUND

    @backend.on("POST /halls/{hall_id}/posters", body=("title",))
    def hang(asked: Asked, hall_id: str) -> Served:
        if asked.token != "root-token":
            return 403, {"error": "administrators only"}
        key = str(backend.number())
        posters[key] = {"id": int(key), "hall": hall_id, **asked.body}
        return (201, posters[key]) if hall_id in halls else NOT_FOUND

    @backend.on("DELETE /halls/{hall_id}/posters/{poster_id}")
    def take_down(asked: Asked, _hall_id: str, key: str) -> Served:
        return (204, None) if asked.token == "root-token" and posters.pop(key, None) else NOT_FOUND

    everything(backend, "alice", admin=True)
    assert posters == {}


def test_a_field_that_names_the_caller_holds_the_callers_own_id() -> None:
    backend, notes = Backend(schemes=BEARER), dict[str, Json]()
    ids = {"alice-token": "u-41", "bob-token": "u-42"}

    @backend.on("GET /users/me")
    def me(asked: Asked) -> Served:
        return (200, {"user": {"id": ids[asked.token], "plan": "free"}}) if asked.token in ids else (401, {})

    @backend.on("POST /notes", body=("text", "author_id"))
    def create(asked: Asked) -> Served:
        if asked.body["author_id"] != ids.get(asked.token):
            return 422, {"error": "author_id: no such user"}
        key = str(backend.number())
        notes[key] = {"id": key, **asked.body}
        return 201, notes[key]

    crud(backend, "/notes", notes)
    everything(backend, "alice", "bob")


def club_house(backend: Backend, refusal: str) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Anybody may register, found a club and take others in; whoever founds one is a member. Returns users, members."""
    users, members = dict[str, str](), dict[str, list[str]]()

    def caller(asked: Asked) -> str:
        return users.get(asked.token, "")

    @backend.on("POST /register", body=("username", "password"), security=[])
    def register(asked: Asked) -> Served:
        token = f"{asked.body['username']}-token"
        users[token] = str(backend.number())
        return 201, {"id": users[token], "username": asked.body["username"], "access_token": token}

    @backend.on("GET /users/me", security=[{"bearer": []}])
    def me(asked: Asked) -> Served:
        return (200, {"id": caller(asked)}) if caller(asked) else (401, {})

    @backend.on("POST /clubs", body=("name",), security=[{"bearer": []}])
    def found_one(asked: Asked) -> Served:
        key = str(backend.number())
        members[key] = [caller(asked)]
        return 201, {"id": key, **asked.body}

    @backend.on("GET /clubs/{club_id}", security=[{"bearer": []}])
    def read(asked: Asked, key: str) -> Served:
        return (200, {"id": key}) if caller(asked) in members.get(key, []) else NOT_FOUND

    @backend.on("POST /clubs/{club_id}/members", body=("user_id",), security=[{"bearer": []}])
    def take_in(asked: Asked, key: str) -> Served:
        if caller(asked) not in members.get(key, []):
            return NOT_FOUND
        wanted = asked.body["user_id"]
        if wanted not in users.values():
            return 422, {"error": "user_id: no such user"}
        if wanted in members[key]:
            return 409, {"error": refusal}
        members[key].append(wanted)
        return 201, {"user_id": wanted}

    return users, members


@pytest.mark.parametrize("refusal", ["This user is already a member", "You cannot invite yourself"])
def test_who_may_not_name_themselves_names_a_user_who_is_there_for_that_alone(refusal: str) -> None:
    backend = Backend(schemes=BEARER)
    users, members = club_house(backend, refusal)
    found = seeded(backend)
    assert found.missing == {}
    alice, bob = list(users.values())[:2]
    assert not [each for each in members.values() if {alice, bob} <= set(each)]
    third = found.stage.world.memory.somebody
    assert third not in {None, alice, bob}
    assert any(third in each for each in members.values())


def test_what_is_only_said_to_exist_is_not_made_for_somebody_else() -> None:
    backend, notes = Backend(schemes=BEARER), dict[str, Json]()
    users, _ = club_house(backend, "")

    @backend.on("POST /notes", body=("heading", "owner_id"), security=[{"bearer": []}])
    def create(asked: Asked) -> Served:
        if asked.token not in users:
            return 401, {}
        if any(one["owner_id"] == asked.body["owner_id"] for one in notes.values()):
            return 409, {"error": "already exists"}
        key = str(backend.number())
        notes[key] = {"id": key, **asked.body, "by": users[asked.token]}
        return 201, notes[key]

    @backend.on("GET /notes/{id}", security=[{"bearer": []}])
    def read(_asked: Asked, key: str) -> Served:
        return (200, notes[key]) if key in notes else NOT_FOUND

    @backend.on("PATCH /notes/{id}", body=("heading",), security=[{"bearer": []}])
    def change(asked: Asked, key: str) -> Served:
        return (200, notes[key]) if key in notes else NOT_FOUND

    seeded(backend)
    assert notes
    assert all(one["owner_id"] == one["by"] for one in notes.values())


def test_no_administrator_does_what_a_caller_is_refused_who_was_removed_meanwhile() -> None:
    backend = Backend(schemes=BEARER)
    known, rung = {"alice-token", "root-token"}, list[str]()

    @backend.on("GET /users/me")
    def me(asked: Asked) -> Served:
        return (200, {"id": asked.token}) if asked.token in known else (401, {})

    @backend.on("POST /bow-out")
    def bow_out(asked: Asked) -> Served:
        known.discard(asked.token)
        return 200, {}

    @backend.on("POST /ring")
    def ring(asked: Asked) -> Served:
        rung.append(asked.token)
        return (200, {}) if asked.token in known else (401, {})

    seeded(backend, "alice", admin=True)
    assert "alice-token" not in known
    assert set(rung) == {"alice-token"}


def test_where_nobody_can_register_nobody_else_is_named() -> None:
    backend = Backend(schemes=BEARER)
    users, members = club_house(backend, "This user is already a member")
    users.update({"alice-token": "41", "bob-token": "42"})
    del backend.paths["/register"]
    found = seeded(backend, "alice", "bob")
    assert list(found.missing) == ["POST /clubs/{club_id}/members"]
    assert not [each for each in members.values() if {"41", "42"} <= set(each)]


# --- states -------------------------------------------------------------------------------------------------


def workflow(backend: Backend, orders: dict[str, Json], steps: dict[str, tuple[str, str]]) -> None:
    """Orders whose deeds lead from one state to another: {deed: (from, to)}."""

    @backend.on("POST /orders", body=("note",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        orders[key] = {"id": int(key), "state": "new", "lines": 0, **asked.body}
        return 201, orders[key]

    crud(backend, "/orders", orders)

    def deed(name: str) -> None:
        before, after = steps[name]

        @backend.on(f"POST /orders/{{id}}/{name}")
        def do(_asked: Asked, key: str) -> Served:
            if key not in orders:
                return NOT_FOUND
            if orders[key]["state"] not in before.split("|"):
                return 409, {"error": f"an order that is {orders[key]['state']} cannot become {after}"}
            orders[key]["state"] = after
            return 200, orders[key]

    for name in steps:
        deed(name)


def test_states_are_reached_by_documented_deeds_in_the_order_of_life() -> None:
    backend, orders = Backend(), dict[str, Json]()
    steps = {
        "reopen": ("closed", "new"),
        "deliver": ("shipped", "delivered"),
        "ship": ("approved", "shipped"),
        "cancel": ("new|submitted", "cancelled"),
        "close": ("delivered|cancelled", "closed"),
        "approve": ("submitted", "approved"),
        "submit": ("filled", "submitted"),
    }
    workflow(backend, orders, steps)

    @backend.on("POST /orders/{id}/lines", body=("article",))
    def line(_asked: Asked, key: str) -> Served:
        if key not in orders:
            return NOT_FOUND
        orders[key]["lines"] += 1
        orders[key]["state"] = "filled" if orders[key]["state"] == "new" else orders[key]["state"]
        return 200, orders[key]

    @backend.on("GET /orders/{id}/invoice")
    def invoice(_asked: Asked, key: str) -> Served:
        return (200, {"total": 1}) if orders.get(key, {}).get("state") == "approved" else NOT_FOUND

    found = seeded(backend)
    assert found.missing == {}
    learned = found.stage.world.learned
    assert [one.operation.path.rpartition("/")[2] for one in learned.preludes["POST /orders/{id}/deliver"]] == [
        "lines", "submit", "approve", "ship",
    ]  # fmt: skip
    assert "POST /orders/{id}/lines" not in learned.once
    assert {"POST /orders/{id}/cancel", "POST /orders/{id}/approve"} <= learned.once | learned.preludes.keys()


def test_the_prelude_is_replayed_for_every_fresh_item() -> None:
    backend, orders = Backend(), dict[str, Json]()
    workflow(backend, orders, {"ship": ("paid", "shipped"), "pay": ("new", "paid")})
    found = seeded(backend)
    world = found.stage.world
    (operation,) = (one for one in world.document.operations if one.label == "POST /orders/{id}/ship")
    assert [one.label for one in world.learned.preludes[operation.label]] == ["POST /orders/{id}/pay"]
    paid = backend.log.count("POST /orders/102/pay")
    assert paid <= 1


def test_a_state_that_a_patch_sets_is_one_it_may_take_now() -> None:
    backend, tickets = Backend(), dict[str, Json]()
    allowed = {"open": {"assigned"}, "assigned": {"resolved"}, "resolved": {"closed"}}

    @backend.on("POST /tickets", body=("title",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        tickets[key] = {"id": int(key), "status": "open", **asked.body}
        return 201, tickets[key]

    crud(backend, "/tickets", tickets)
    states = {"type": "string", "enum": ["closed", "open", "resolved", "assigned"]}

    @backend.on("PATCH /tickets/{id}", body={"status": states})
    def move(asked: Asked, key: str) -> Served:
        if key not in tickets:
            return NOT_FOUND
        if asked.body["status"] not in allowed[tickets[key]["status"]]:
            return 409, {"error": "no such transition"}
        tickets[key]["status"] = asked.body["status"]
        return 200, tickets[key]

    @backend.on("POST /tickets/{id}/rating", body=("stars",))
    def rate(_asked: Asked, key: str) -> Served:
        return (201, {}) if tickets.get(key, {}).get("status") == "resolved" else (409, {"error": "not resolved"})

    everything(backend)


@pytest.mark.parametrize("strict", [True, False], ids=["the read's ETag", "any version will do"])
def test_a_write_that_wants_a_precondition_gets_it_from_a_read(strict: bool) -> None:
    backend, pages = Backend(), dict[str, Json]()

    @backend.on("POST /pages", body=("title",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        pages[key] = {"id": int(key), "revision": 1, **asked.body}
        return 201, pages[key]

    @backend.on("GET /pages/{id}")
    def read(_asked: Asked, key: str) -> Served | httpx.Response:
        if key not in pages:
            return NOT_FOUND
        return answer(200, pages[key], **({"etag": f'"{pages[key]["revision"]}"'} if strict else {}))

    @backend.on("PATCH /pages/{id}", body=("title",))
    def change(asked: Asked, key: str) -> Served:
        if key not in pages:
            return NOT_FOUND
        given = asked.headers.get("if-match")
        if given is None:
            return 428, {"error": "If-Match is required"}
        if given != f'"{pages[key]["revision"]}"' and (strict or given != "*"):
            return 412, {"error": "changed meanwhile"}
        pages[key]["revision"] += 1
        return 200, pages[key]

    @backend.on("PUT /pages/{id}", body={"title": {"type": "string"}, "revision": NUMBER})
    def replace(asked: Asked, key: str) -> Served:
        if key not in pages:
            return NOT_FOUND
        return (200, {}) if asked.body["revision"] == pages[key]["revision"] else (409, {"error": "stale"})

    @backend.on("DELETE /pages/{id}")
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if pages.pop(key, None) else NOT_FOUND

    everything(backend)


def test_a_target_that_refuses_everything_is_not_asked_for_ever() -> None:
    backend = Backend()

    @backend.on("POST /orders", body=("note",))
    def create(asked: Asked) -> Served:
        return 201, {"id": backend.number(), **asked.body}

    for number in range(30):
        backend.on(f"POST /orders/{{id}}/step{number}", body=("why",))(lambda _asked, _id: (409, {"error": "not now"}))
    found = seeded(backend)
    assert len(found.missing) == 30
    assert found.stage.session.statistics.by_phase["seeding"] <= most_requests(31) + 60
    assert [why for why in found.missing.values() if "409" not in why and "budget" not in why] == []


# --- what is not ours ---------------------------------------------------------------------------------------


def test_what_can_only_be_listed_is_read_and_never_written() -> None:
    backend = Backend()
    rooms = {str(number): {"id": number, "name": f"room {number}"} for number in (4, 5)}

    @backend.on("GET /rooms")
    def every(_asked: Asked) -> Served:
        return 200, {"_embedded": {"rooms": list(rooms.values())}, "page": {"size": 20}}

    crud(backend, "/rooms", dict(rooms))

    @backend.on("POST /rooms/{id}/close")
    def close(_asked: Asked, _key: str) -> Served:
        return 200, {}

    @backend.on("GET /rooms/{id}/plan")
    def plan(_asked: Asked, key: str) -> Served:
        return (200, {"doors": 2}) if key in rooms else NOT_FOUND

    found = seeded(backend)
    assert set(found.missing) == {"DELETE /rooms/{id}", "POST /rooms/{id}/close"}
    assert not [one for one in backend.log if not one.startswith("GET ")]


def test_ids_of_lines_never_reach_the_articles_of_the_same_name() -> None:
    """`POST /baskets/{id}/items` makes lines; `/items/{id}` is the catalogue, and its ids only look alike."""
    backend, baskets = Backend(), dict[str, Json]()
    items: dict[str, Json] = {str(number): {"id": number, "name": "an article"} for number in range(100, 140)}

    @backend.on("POST /baskets", body=("note",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        baskets[key] = {"id": int(key), **asked.body}
        return 201, baskets[key]

    crud(backend, "/baskets", baskets)

    @backend.on("POST /baskets/{id}/items", body=("remark",))
    def add(asked: Asked, key: str) -> Served:
        return (201, {"id": backend.number(), **asked.body}) if key in baskets else NOT_FOUND

    crud(backend, "/items", items)

    @backend.on("PATCH /items/{id}", body=("name",))
    def change(asked: Asked, key: str) -> Served:
        items[key].update(asked.body)
        return 200, items[key]

    found = seeded(backend)
    assert set(found.missing) == {"DELETE /items/{id}", "PATCH /items/{id}"}
    assert not [one for one in backend.log if one.startswith(("DELETE /items", "PATCH /items"))]
    assert len(items) == 40


@pytest.mark.parametrize("schema", [{"type": "number"}, {"type": "string"}, {"type": "integer", "format": "int64"}])
def test_writers_get_an_item_of_their_own_whatever_the_type_of_its_id(schema: Json) -> None:
    backend, cats = Backend(), dict[str, Json]()
    declared = [{"name": "id", "in": "path", "required": True, "schema": schema}]

    @backend.on("POST /cats", body=("name",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        cats[key] = {"id": int(key), **asked.body}
        return 200, cats[key]

    @backend.on("GET /cats/{id}", parameters=declared)
    def read(_asked: Asked, key: str) -> Served:
        return (200, cats[key]) if key in cats else NOT_FOUND

    @backend.on("PUT /cats/{id}", body={"id": NUMBER, "name": {"type": "string"}}, parameters=declared)
    def replace(asked: Asked, key: str) -> Served:
        if key not in cats:
            return NOT_FOUND
        return (200, {}) if str(asked.body["id"]) == key else (400, {"error": "id cannot be changed"})

    @backend.on("DELETE /cats/{id}", parameters=declared)
    def remove(_asked: Asked, key: str) -> Served:
        return (204, None) if cats.pop(key, None) else NOT_FOUND

    everything(backend)


def test_what_names_no_item_is_not_changed() -> None:
    backend = Backend()
    section = [{"name": "section", "in": "path", "required": True, "schema": {"enum": ["mail", "web"]}}]
    backend.on("PUT /limits/{section}", parameters=section)(lambda _asked, _section: (200, {}))
    backend.on("GET /limits/{section}", parameters=section)(lambda _asked, _section: (200, {}))
    found = seeded(backend)
    assert list(found.missing) == ["PUT /limits/{section}"]
    assert {one.partition(" ")[0] for one in backend.log} == {"GET"}


def test_what_is_put_on_a_thing_is_put_on_a_thing_of_its_own() -> None:
    backend, cats, labels = Backend(), dict[str, Json](), dict[str, Json]()
    put: set[tuple[str, str]] = set()

    def collection(name: str, table: dict[str, Json]) -> None:
        @backend.on(f"POST /{name}", body=("name",))
        def create(asked: Asked) -> Served:
            key = str(backend.number())
            table[key] = {"id": int(key), **asked.body}
            return 201, table[key]

        crud(backend, f"/{name}", table)

    collection("cats", cats)
    collection("cat-labels", labels)

    @backend.on("PUT /cats/{cat_id}/labels/{label_id}")
    def add(_asked: Asked, cat: str, label: str) -> Served:
        if cat not in cats or label not in labels:
            return NOT_FOUND
        put.add((cat, label))
        return 204, None

    @backend.on("DELETE /cats/{cat_id}/labels/{label_id}")
    def take(_asked: Asked, cat: str, label: str) -> Served:
        if (cat, label) not in put:
            return NOT_FOUND
        put.discard((cat, label))
        return 204, None

    found = seeded(backend)
    assert found.missing == {}
    golden = {made.id for (_, name), made in found.stage.world.memory.objects.items() if name == "/cats"}
    writes = [one for one in backend.log if "/labels/" in one]
    assert writes
    assert not golden & {one.split("/")[2] for one in writes}


def test_a_whole_collection_is_not_changed() -> None:
    backend = Backend()
    for label in ("DELETE /cats", "PUT /limits", "PATCH /cats"):
        backend.on(label)(lambda _asked: (200, {}))
    found = seeded(backend)
    assert backend.log == []
    assert all("would change what this run did not make" in why for why in found.missing.values())
    assert len(found.missing) == 3


def test_on_a_throwaway_target_a_whole_collection_is_changed_and_deleted_last() -> None:
    backend, cats, limits = Backend(), {"7": {"id": 7, "name": "theirs"}}, {"size": 10}
    crud(backend, "/cats", cats)

    @backend.on("POST /cats", body=("name",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        cats[key] = {"id": int(key), **asked.body}
        return 201, cats[key]

    @backend.on("PATCH /cats", body=("name",))
    def rename(asked: Asked) -> Served:
        for cat in cats.values():
            cat.update(asked.body)
        return 200, {"count": len(cats)}

    @backend.on("DELETE /cats")
    def clear(_asked: Asked) -> Served:
        cats.clear()
        return 204, None

    @backend.on("PUT /limits", body=("size",))
    def limit(asked: Asked) -> Served:
        limits.update(asked.body)
        return 200, limits

    found = seeded(backend, throwaway=True)
    assert found.missing == {}
    after = backend.log[backend.log.index("DELETE /cats") :]
    assert not {"PATCH /cats", "PUT /limits"} & set(after)


@pytest.mark.parametrize("collection", ["/sessions", "/tokens"])
def test_a_whole_collection_that_is_called_like_a_login_is_not_changed(collection: str) -> None:
    backend, table = Backend(schemes=BEARER), dict[str, Json]()
    backend.on("POST /register", body=("email", "password"), security=[])(lambda _asked: (201, {}))
    backend.on("POST /login", body=("email", "password"), security=[])(lambda _asked: (200, {"token": uuid4().hex}))
    crud(backend, collection, table)

    @backend.on(f"POST {collection}", body=("speaker",))
    def plan(asked: Asked) -> Served:
        key = str(backend.number())
        table[key] = {"id": int(key), **asked.body}
        return 201, table[key]

    @backend.on(f"DELETE {collection}")
    def cancel(_asked: Asked) -> Served:
        table.clear()
        return 204, None

    found = seeded(backend)
    assert f"POST {collection}" in backend.log
    assert f"DELETE {collection}" not in backend.log
    assert found.missing[f"DELETE {collection}"] == f"DELETE {collection} would change what this run did not make"


def test_the_id_of_another_thing_in_an_answer_is_never_taken_for_the_new_one() -> None:
    backend = Backend()
    orders: dict[str, Json] = {str(number): {"id": number, "note": "theirs"} for number in range(1, 40)}

    @backend.on("POST /orders", body=("note",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        orders[key] = {"id": int(key), **asked.body}
        return 201, {"message": "thank you", "customer": {"id": 5}}

    @backend.on("GET /orders")
    def every(_asked: Asked) -> Served:
        return 200, {"items": list(orders.values())}

    crud(backend, "/orders", orders)

    @backend.on("PATCH /orders/{id}", body=("note",))
    def change(asked: Asked, key: str) -> Served:
        orders[key].update(asked.body)
        return 200, orders[key]

    everything(backend)
    assert {one["note"] for one in orders.values()} == {"theirs"}
    assert len(orders) == 39


def test_a_name_that_only_ends_alike_is_no_licence_to_write() -> None:
    """`/sessions/{session_id}` are other people's; that something of ours is called an agent session says nothing."""
    backend, agents = Backend(), dict[str, Json]()
    sessions: dict[str, Json] = {str(number): {"id": number} for number in range(100, 140)}

    @backend.on("POST /agent-sessions", body=("title",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        agents[key] = {"id": int(key), **asked.body}
        return 201, agents[key]

    crud(backend, "/agent-sessions", agents)

    @backend.on("GET /talks/{session_id}")
    def read(_asked: Asked, key: str) -> Served:
        return (200, sessions[key]) if key in sessions else NOT_FOUND

    @backend.on("PATCH /talks/{session_id}", body=("title",))
    def change(asked: Asked, key: str) -> Served:
        sessions[key].update(asked.body)
        return 200, sessions[key]

    @backend.on("POST /talks/{session_id}/end")
    def end(_asked: Asked, key: str) -> Served:
        return 200, sessions.pop(key)

    found = seeded(backend)
    assert set(found.missing) == {"PATCH /talks/{session_id}", "POST /talks/{session_id}/end"}
    assert not [one for one in backend.log if "/talks/" in one and not one.startswith("GET ")]


def test_what_came_with_something_of_ours_is_ours() -> None:
    backend, surveys, answers = Backend(), dict[str, Json](), dict[str, Json]()

    @backend.on("POST /surveys", body=("title",))
    def create(asked: Asked) -> Served:
        key = str(backend.number())
        surveys[key] = {"id": int(key), **asked.body}
        first = str(backend.number())
        answers[first] = {"id": int(first), "survey": key, "text": "the default question"}
        return 201, surveys[key]

    crud(backend, "/surveys", surveys)

    @backend.on("GET /surveys/{id}/questions")
    def every(_asked: Asked, key: str) -> Served:
        return 200, {"items": [one for one in answers.values() if one["survey"] == key]}

    @backend.on("PATCH /surveys/{id}/questions/{question_id}", body=("text",))
    def change(asked: Asked, key: str, question: str) -> Served:
        if answers.get(question, {}).get("survey") != key:
            return NOT_FOUND
        answers[question].update(asked.body)
        return 200, answers[question]

    everything(backend)
