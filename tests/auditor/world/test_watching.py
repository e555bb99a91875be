"""An operation that harms the world it is called in is found out by what it did; the audit goes on in another world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from auditor.check import check
from auditor.course import assembling, runner
from auditor.evidence import Bound, Contrast, Scope, Steps, World, anonymous, control, recipe, repeat
from auditor.knowledge.harms import Harm, Reach
from auditor.model import Exchange, Json, Operation, Outcome, Severity, Verdict, failed, passed
from auditor.settings.order import IdentityOrder
from tests.auditor.backends import Backend
from tests.auditor.building import Asked, Served, bearer, run, stage

REFUSED: Served = (401, {"error": "sign in first"})
BEARER = {"bearer": {"type": "http", "scheme": "bearer"}}


@dataclass
class Club:
    """Members and their own things, open to registration; tests add what harms."""

    members: dict[str, str] = field(default_factory=dict)
    """E-mail to password."""
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[str, Json] = field(default_factory=dict)
    backend: Backend = field(default_factory=lambda: Backend(schemes=BEARER))
    issued: int = 0
    open: bool = True

    def __post_init__(self) -> None:
        on = self.backend.on
        credentials = {"email": {"type": "string"}, "password": {"type": "string"}}
        on("POST /register", body=credentials, security=[])(self.register)
        on("POST /login", body=credentials, security=[])(self.login)
        on("GET /me")(self.member(lambda who, _asked: (200, {"id": f"member-of-{who}", "email": who})))
        on("DELETE /me")(self.member(self.forget))
        on("GET /things")(self.member(lambda who, _asked: (200, {"items": self.owned(who)})))
        on("POST /things", body=("title",))(self.member(self.make))
        on("GET /things/{id}")(self.member(self.read))
        on("PATCH /things/{id}", body=("title",))(self.member(self.read))
        on("DELETE /things/{id}")(self.member(self.remove))
        on("GET /rules")(self.member(lambda _who, _asked: (200, {"rules": "be kind"})))

    def member(self, answer: Callable[..., Served]) -> Callable[..., Served]:
        """Answer members only."""

        def answered(asked: Asked, *values: str) -> Served:
            who = self.tokens.get(asked.token, "")
            return answer(who, asked, *values) if who in self.members else REFUSED

        return answered

    def register(self, asked: Asked) -> Served:
        if not self.open or not asked.body.get("email") or asked.body["email"] in self.members:
            return 409, {"error": "taken"}
        self.members[asked.body["email"]] = asked.body["password"]
        return 201, {"email": asked.body["email"]}

    def login(self, asked: Asked) -> Served:
        email = asked.body.get("email")
        if email not in self.members or self.members[email] != asked.body.get("password"):
            return 401, {"error": "wrong"}
        self.issued += 1
        token = f"token-{self.issued:04}-{'x' * 12}"
        self.tokens[token] = email
        return 200, {"access_token": token}

    def owned(self, who: str) -> list[Json]:
        return [one for one in self.things.values() if one["owner"] == who]

    def make(self, who: str, asked: Asked) -> Served:
        key = f"thing-{self.backend.number():04}"
        self.things[key] = {"id": key, "owner": who, "title": asked.body.get("title")}
        return 201, self.things[key]

    def read(self, who: str, _asked: Asked, key: str) -> Served:
        found = self.things.get(key)
        return (200, found) if found is not None and found["owner"] == who else (404, {"error": "not found"})

    def remove(self, who: str, asked: Asked, key: str) -> Served:
        status, found = self.read(who, asked, key)
        if status == 200:
            del self.things[key]
            return 204, None
        return status, found

    def forget(self, who: str, _asked: Asked) -> Served:
        self.members.pop(who, None)
        self.things = {key: one for key, one in self.things.items() if one["owner"] != who}
        return 204, None

    def wipe(self) -> None:
        self.members.clear()
        self.things.clear()

    def sign_out(self, who: str) -> None:
        self.tokens = {token: owner for token, owner in self.tokens.items() if owner != who}


# --- what harms ---------------------------------------------------------------------------------------------


def wiping_get(club: Club) -> str:
    def tour(_who: str, _asked: Asked) -> Served:
        club.wipe()
        return 200, {"welcome": "to an empty house"}

    club.backend.on("GET /tour")(club.member(tour))
    return "GET /tour"


def wiping_things(club: Club) -> str:
    def tidy(_who: str, _asked: Asked) -> Served:
        club.things.clear()
        return 204, None

    club.backend.on("POST /tidy-up")(club.member(tidy))
    return "POST /tidy-up"


def renaming_put(club: Club) -> str:
    def contact(who: str, asked: Asked, key: str) -> Served:
        status, found = club.read(who, asked, key)
        if status != 200 or not asked.body.get("email"):
            return status, found
        club.members[asked.body["email"]] = club.members.pop(who)
        for one in club.owned(who):
            one["owner"] = asked.body["email"]
        return 200, {"email": asked.body["email"]}

    club.backend.on("PUT /things/{id}/contact", body=("email",))(club.member(contact))
    return "PUT /things/{id}/contact"


def signing_out(club: Club) -> str:
    def farewell(who: str, _asked: Asked) -> Served:
        club.sign_out(who)
        return 204, None

    club.backend.on("POST /farewell")(club.member(farewell))
    return "POST /farewell"


def leaving(club: Club) -> str:
    club.backend.on("POST /goodbye")(club.member(club.forget))
    return "POST /goodbye"


def spending(club: Club) -> str:
    """It takes everything that its caller has, and nothing else."""

    def spend(who: str, _asked: Asked) -> Served:
        club.things = {key: one for key, one in club.things.items() if one["owner"] != who}
        return 200, {"spent": True}

    club.backend.on("POST /checkout")(club.member(spend))
    return "POST /checkout"


HARMS: Mapping[str, tuple[Callable[[Club], str], Reach, str]] = {
    "a GET that wipes": (wiping_get, Reach.EVERYBODY, "removed what the audit had made"),
    "a POST that wipes things": (wiping_things, Reach.EVERYBODY, "removed what the audit had made"),
    "a PUT that renames": (renaming_put, Reach.CALLER, "ended its caller's sign-in"),
    "a POST that signs out": (signing_out, Reach.CALLER, "ended its caller's sign-in"),
    "a POST that deletes the account": (leaving, Reach.CALLER, "removed its caller"),
    "a POST that takes what is the caller's": (spending, Reach.CALLER, "removed what its caller owned"),
}


# --- an audit of it -----------------------------------------------------------------------------------------


@recipe(scope=Scope.OPERATION, at_most=Bound(requests=12), confirm=repeat(1))
def works(operation: Operation, world: World) -> Steps[Exchange]:
    """Ask the ordinary way, before and after."""
    stage = yield from world.stage(operation)
    answered = yield from control(stage, world)
    if not stage.once:
        yield from control(stage, world, again=True)
    return answered


@check("tests.works", severity=Severity.HIGH, standards=(), on=works)
def ordinary(answered: Exchange) -> Verdict:
    """It works."""
    return passed() if answered.succeeded else failed("no", signature="no")


@check("tests.anonymous", severity=Severity.HIGH, standards=(), on=anonymous)
def nobody(asked: Contrast) -> Verdict:
    """Anonymous callers are refused."""
    return failed("wiped", signature="wiped") if asked.wiped else passed()


@dataclass
class Audited:
    """What came of an audit."""

    outcomes: dict[tuple[str, str], str]
    harms: dict[str, Harm]
    notes: list[str]
    leftovers: list[str]
    missing: list[str]
    shown: dict[str, str]


def audited(club: Club, **order: Any) -> Audited:
    async def course() -> Audited:
        opening = stage(
            (ordinary, nobody), paths=club.backend.paths, serving=club.backend, schemes=club.backend.schemes, **order
        )
        async with opening as opened:
            await opened.engine.gather()
            judgements = await opened.engine.judge()
            await runner.settle(opened)
            reach = assembling.reach(opened)
            return Audited(
                outcomes={(one.check, one.subject): str(one.verdict.outcome) for one in judgements},
                harms=dict(opened.world.harms.found),
                notes=[*opened.watch.notes],
                leftovers=list(opened.world.ledger.leftovers),
                missing=[one.operation for one in reach.by_operation if not one.succeeded],
                shown={one.operation: one.harm for one in reach.by_operation if one.harm},
            )

    return run(course())


def test_a_world_that_nothing_harms_is_left_as_it_is() -> None:
    club = Club()
    found = audited(club)
    assert (found.harms, found.notes, found.leftovers, found.missing) == ({}, [], [], [])
    assert (club.members, club.things) == ({}, {})
    assert set(found.outcomes.values()) <= {"pass", "skip"}


@pytest.mark.parametrize("name", HARMS)
def test_what_it_did_is_found_out_and_every_other_verdict_is_the_same(name: str) -> None:
    harm, reach, effect = HARMS[name]
    usual = audited(Club()).outcomes
    club = Club()
    label = harm(club)
    found = audited(club)
    assert {one.operation: (one.reach, one.effect) for one in found.harms.values()} == {label: (reach, effect)}
    assert {key: outcome for key, outcome in found.outcomes.items() if key[1] != label} == usual
    assert found.shown == {label: effect}
    assert [one for one in found.notes if one.startswith(f"{label} {effect}")] == found.notes
    assert (found.leftovers, found.missing) == ([], [])
    assert (club.members, club.things) == ({}, {})


@pytest.mark.parametrize("name", HARMS)
def test_what_harms_is_judged_as_well(name: str) -> None:
    club = Club()
    label = HARMS[name][0](club)
    outcomes = audited(club).outcomes
    assert outcomes["tests.works", label] == "pass"
    assert outcomes["tests.anonymous", label] == "pass"


def test_all_of_them_at_once_are_told_apart() -> None:
    club = Club()
    labels = {harm(club): effect for harm, _, effect in HARMS.values()}
    found = audited(club)
    assert set(found.harms) == set(labels)
    assert {label: one.effect for label, one in found.harms.items()} == labels
    assert {key[0] for key, outcome in found.outcomes.items() if outcome in {"fail", "error"}} == set()
    assert (club.members, club.things) == ({}, {})


def test_a_wipe_without_credentials_is_seen_by_what_is_gone() -> None:
    club = Club()

    def tour(_asked: Asked) -> Served:
        club.wipe()
        return 200, {"welcome": "to an empty house"}

    club.backend.on("GET /tour")(tour)
    found = audited(club)
    assert found.harms["GET /tour"].reach is Reach.EVERYBODY
    assert found.outcomes["tests.anonymous", "GET /tour"] == Outcome.FAIL
    assert [key for key, outcome in found.outcomes.items() if outcome == Outcome.FAIL] == [
        ("tests.anonymous", "GET /tour")
    ]


def test_what_wipes_is_asked_after_everything_else() -> None:
    club = Club()
    wiping_get(club)
    audited(club)
    log = club.backend.log
    last = max(index for index, one in enumerate(log) if one == "GET /rules")
    wiped = [index for index, one in enumerate(log) if one == "GET /tour"]
    assert len([one for one in wiped if one < last]) <= 2, "once, and once more to find out"
    assert [one for one in wiped if one > last], "and then when all else was judged"


# --- names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/admin/reset", "/flush_all", "/db/truncate"])
def test_what_sounds_as_if_it_wiped_is_never_sent_by_a_method_that_may_write(path: str) -> None:
    club = Club()
    club.backend.on(f"POST {path}")(club.member(lambda _who, _asked: (204, None)))
    found = audited(club)
    assert found.missing == [f"POST {path}"]
    assert f"POST {path}" not in club.backend.log


def test_a_get_that_sounds_so_is_asked_last_and_never_as_an_administrator() -> None:
    club = Club()
    club.members["root@example.com"] = "secret"
    club.tokens["root-token"] = "root@example.com"

    def reset(who: str, _asked: Asked) -> Served:
        return (204, None) if who == "root@example.com" else (403, {"error": "admins only"})

    club.backend.on("GET /admin/reset")(club.member(reset))
    root = IdentityOrder(name="root", role="admin", credential=bearer("root-token"))
    found = audited(club, identities=(root,))
    assert found.missing == ["GET /admin/reset"]
    assert found.harms == {}
    seeding = club.backend.log.index("GET /admin/reset")
    assert {"GET /rules", "POST /things", "GET /me"} <= set(club.backend.log[:seeding])


@pytest.mark.parametrize("path", ["/reset-db", "/createdb", "/flush_all", "/admin/purge"])
def test_where_nothing_may_be_written_no_get_that_sounds_so_is_sent(path: str) -> None:
    club = Club()
    club.backend.on(f"GET {path}")(club.member(lambda _who, _asked: (200, {})))
    audited(club, writes=False)
    assert f"GET {path}" not in club.backend.log
    assert "GET /rules" in club.backend.log


# --- what cannot be known or mended -------------------------------------------------------------------------


def test_a_configured_caller_that_is_lost_is_said_so_and_never_harmed_again() -> None:
    club = Club(open=False)
    for name in ("alice", "bob"):
        club.members[f"{name}@example.com"] = "secret"
        club.tokens[f"{name}-token"] = f"{name}@example.com"
    leaving(club)
    known = tuple(IdentityOrder(name=name, credential=bearer(f"{name}-token")) for name in ("alice", "bob"))
    found = audited(club, identities=known, register=False)
    assert any("alice could not be brought back" in one for one in found.notes)
    assert "bob@example.com" in club.members, "nobody else was made to try it"
    assert found.outcomes["tests.works", "POST /goodbye"] == Outcome.UNSURE


def test_an_object_that_goes_by_itself_is_replaced_and_nobody_is_accused() -> None:
    club = Club()
    gone: list[str] = []

    def vanish(who: str, _asked: Asked) -> Served:
        if not gone and len(club.things) >= 2:
            gone.extend(club.things)
            club.things.clear()
        return 200, {"rules": "be kind"}

    club.backend.on("GET /weather")(club.member(vanish))
    found = audited(club)
    assert gone
    assert found.harms == {} or found.harms["GET /weather"].reach is Reach.EVERYBODY
    assert found.outcomes["tests.works", "GET /things/{id}"] == Outcome.PASS
    assert found.leftovers == []


def test_who_is_told_something_else_each_time_is_still_the_same() -> None:
    club = Club()
    count = iter(range(1, 1_000_000))
    told = club.member(lambda who, _asked: (200, {"id": f"visit-{next(count)}", "email": who}))
    club.backend.on("GET /whoami")(told)
    club.backend.paths.pop("/me", None)
    club.backend.on("DELETE /me")(club.member(club.forget))
    found = audited(club)
    assert (found.harms, found.notes) == ({}, [])


def test_a_target_that_refuses_everybody_for_a_while_costs_nobody_its_account() -> None:
    club = Club()
    refusals = iter(range(40))

    def shut(asked: Asked) -> Served:
        return (403, {"error": "too many"}) if next(refusals, None) is not None else (200, {})

    inner = club.backend.answered
    shutting = {"on": False}

    def answered(asked: Asked) -> Any:
        shutting["on"] = shutting["on"] or asked.path == "/shut"
        refused = shut(asked) if shutting["on"] else (200, {})
        return refused if refused[0] == 403 else inner(asked)

    club.backend.on("GET /shut")(club.member(lambda _who, _asked: (200, {})))
    club.backend.answered = answered  # type: ignore[method-assign]
    found = audited(club)
    assert found.leftovers == []
    assert (club.members, club.things) == ({}, {})


def test_a_world_that_breaks_again_and_again_ends_in_doubt_not_in_a_loop() -> None:
    club = Club()
    count = 0

    def moody(who: str, _asked: Asked) -> Served:
        nonlocal count
        count += 1
        if count % 3 == 0:
            club.wipe()
        return 200, {}

    for path in ("/a", "/b", "/c", "/d"):
        club.backend.on(f"GET {path}")(club.member(moody))
    found = audited(club)
    assert set(found.outcomes.values()) <= {"pass", "skip", "unsure"}
