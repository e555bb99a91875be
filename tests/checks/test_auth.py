"""Authentication: what real frameworks answer to callers without, with made-up and with forged credentials."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from auditor.evidence import Contrast, NotApplicable, Unavailable, anonymous
from auditor.model import Credential, Exchange, Facts, Mutation, Operation, Outcome, Request, Response, Severity
from checks import _auth_probes as probes
from checks import auth
from tests.checks.building import (
    CANARY,
    NOTHING,
    Answers,
    FakeWorld,
    crud,
    drive,
    exchange,
    named_as_promised,
    operation,
    reply,
)

THINGS = crud()
READ = operation("GET", "/things/{id}")
LISTING = operation("GET", "/things")
WRITE = operation("PATCH", "/things/{id}", body={"title": {"type": "string"}})
MINE = {"id": "7f3c", "title": f"{CANARY}-0001", "price": 12.5}


def contrast(
    changed: Response,
    *,
    control: Response | None = None,
    asked: Operation = READ,
    effect: Response | None = None,
    facts: Facts | None = None,
    sent: object = NOTHING,
) -> Contrast:
    path = asked.path.replace("{id}", "7f3c")
    good = exchange(control or reply(200, MINE), operation=asked, method=asked.method, path=path)
    probe = exchange(changed, operation=asked, method=asked.method, path=path, facts=facts, json=sent)
    read = None if effect is None else exchange(effect, operation=READ, path=path)
    return Contrast(control=good, changed=probe, again=good, effect=read)


REFUSALS = {
    "express": reply(401, text="Unauthorized", headers={"content-type": "text/plain"}),
    "nestjs": reply(401, {"message": "Unauthorized", "statusCode": 401}),
    "django rest": reply(403, {"detail": "Authentication credentials were not provided."}),
    "django rest bearer": reply(401, {"detail": "…"}, headers={"www-authenticate": "Bearer"}),
    "spring": reply(401, headers={"www-authenticate": "Bearer", "content-length": "0"}),
    "rails devise": reply(401, {"error": "You need to sign in or sign up before continuing."}),
    "gin": reply(401, {"code": 401, "message": "cookie token is empty"}),
    "fastapi header": reply(422, {"detail": [{"loc": ["header", "authorization"], "msg": "Field required"}]}),
    "hides the resource": reply(404, {"detail": "Not Found"}),
    "spring login": reply(302, headers={"location": "https://api.test/login"}),
    "django login": reply(302, headers={"location": "/accounts/login/?next=/things/7"}),
    "login page": reply(200, text="<html>Sign in</html>", headers={"content-type": "text/html"}),
    "empty list": reply(200, []),
    "empty page": reply(200, {"items": [], "total": 0, "size": 100, "next": None}),
}


@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS.keys())
def test_anonymous_callers_are_refused(answer: Response) -> None:
    (verdict,) = auth.anonymous_access(contrast(answer))
    assert verdict.outcome is Outcome.PASS


def test_a_success_in_the_error_shape_is_a_refusal() -> None:
    answered = contrast(reply(200, {"ok": False, "error": "login required"}), facts=Facts(soft_error=True))
    assert auth.anonymous_access(answered)[0].outcome is Outcome.PASS


GRANTED = {
    "the object": contrast(reply(200, MINE)),
    "a list with it": contrast(reply(200, [MINE]), control=reply(200, [MINE]), asked=LISTING),
    "only the id tells": contrast(reply(200, {"id": "7f3c", "n": 1}), control=reply(200, {"id": "7f3c", "n": 1})),
    "an export": contrast(
        reply(200, text=f"id,title\n1,{CANARY}", headers={"content-type": "text/csv"}),
        control=reply(200, text=f"id,title\n1,{CANARY}", headers={"content-type": "text/csv"}),
        asked=LISTING,
    ),
    "a changed title": contrast(
        reply(200, {"id": "7f3c", "title": f"{CANARY}-0002"}),
        asked=WRITE,
        sent={"title": f"{CANARY}-0002"},
        effect=reply(200, {"id": "7f3c", "title": f"{CANARY}-0002"}),
    ),
    "a deleted object": contrast(
        reply(204), control=reply(204), asked=operation("DELETE", "/things/{id}"), effect=reply(404)
    ),
}


@pytest.mark.parametrize("answered", GRANTED.values(), ids=GRANTED.keys())
def test_an_anonymous_caller_with_the_owners_data_is_a_failure(answered: Contrast) -> None:
    (verdict,) = auth.anonymous_access(answered)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.signature


NEITHER = {
    "server error": contrast(reply(500, {"message": "Internal server error"})),
    "other rows": contrast(reply(200, [{"id": "1", "kind": "public"}]), control=reply(200, [MINE]), asked=LISTING),
    "same for all": contrast(reply(200, {"state": "serving"}), control=reply(200, {"state": "serving"})),
    "a write that nothing reads": contrast(reply(202), control=reply(202), asked=WRITE, sent={"title": "x"}),
}


@pytest.mark.parametrize("answered", NEITHER.values(), ids=NEITHER.keys())
def test_what_neither_grants_nor_refuses_is_unsure(answered: Contrast) -> None:
    assert auth.anonymous_access(answered)[0].outcome is Outcome.UNSURE


def test_a_write_answered_2xx_that_changed_nothing_passes_with_a_note() -> None:
    unchanged = contrast(reply(204), asked=WRITE, sent={"title": f"{CANARY}-0002"}, effect=reply(200, MINE))
    (verdict,) = auth.anonymous_access(unchanged)
    assert verdict.outcome is Outcome.PASS
    assert "changed nothing" in verdict.note


@pytest.mark.parametrize("asked", [LISTING, WRITE], ids=["read", "write"])
@pytest.mark.parametrize(("witness", "outcome"), [(404, "fail"), (401, "fail"), (200, "unsure"), (500, "unsure")])
def test_what_nobody_in_particular_wiped_is_a_failure(asked: Operation, witness: int, outcome: str) -> None:
    answered = replace(contrast(reply(200, {"done": True}), asked=asked), witness=exchange(reply(witness, {})))
    (verdict,) = auth.anonymous_access(answered)
    assert verdict.outcome == outcome
    assert (verdict.signature == "wiped") is (outcome == "fail")


def test_an_operation_known_to_wipe_is_asked_beside_a_witness() -> None:
    reset = operation("POST", "/reset", security=(("bearer",),))
    world = FakeWorld(operations=(reset,), resources=(THINGS,), wiping=frozenset({reset.label}))
    control, before, bare, after, again = reply(204), reply(200, MINE), reply(204), reply(404), reply(204)
    driven = drive(anonymous.steps(reset, world), [control, before, bare, after, again])
    assert driven.evidence.wiped
    assert driven.sent[1].url == driven.sent[3].url
    refused = drive(anonymous.steps(reset, world), [control, before, reply(401), again])
    assert not refused.evidence.wiped


def test_optional_credentials_are_no_promise() -> None:
    public = operation("GET", "/things", security=((), ("bearer",)))
    with pytest.raises(NotApplicable):
        drive(anonymous.steps(public, FakeWorld(operations=(public,))), [])


# --- auth.invalid-token -------------------------------------------------------------------------------------


def impostors(
    *answers: Response, asked: Operation = READ, effect: Response | None = None, sent: object = None
) -> probes.Impostors:
    good = exchange(reply(200, MINE), operation=asked)
    kind = Mutation(location="header", pointer="/authorization", kind="truncated")
    body = b"" if sent is None else json.dumps(sent).encode()
    request = Request(method=asked.method, path="/things/7f3c", operation=asked, mutation=kind, body=body)
    return probes.Impostors(
        control=good,
        bare=exchange(reply(401), operation=asked),
        tried=tuple(exchange(one, request=request) for one in answers),
        again=good,
        effect=None if effect is None else exchange(effect, operation=READ),
    )


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_made_up_credentials_are_refused(status: int) -> None:
    refusal = reply(status, {"error": "invalid_token"}, headers={"www-authenticate": 'Bearer error="invalid_token"'})
    assert auth.invalid_token(impostors(refusal, refusal))[0].outcome is Outcome.PASS


def test_a_made_up_credential_that_works_is_critical() -> None:
    (verdict,) = auth.invalid_token(impostors(reply(401), reply(200, MINE)))
    assert (verdict.outcome, verdict.severity) == (Outcome.FAIL, None)
    assert auth.invalid_token.severity is Severity.CRITICAL


def test_a_malformed_token_that_breaks_the_server_is_medium() -> None:
    broken = reply(500, {"status": 500, "error": "Internal Server Error", "path": "/things/7"})
    (verdict,) = auth.invalid_token(impostors(reply(401), broken))
    assert (verdict.outcome, verdict.severity, verdict.signature) == (Outcome.FAIL, Severity.MEDIUM, "status=5xx")


def test_a_public_view_for_bad_tokens_is_unsure() -> None:
    assert auth.invalid_token(impostors(reply(200, {"title": "public"})))[0].outcome is Outcome.UNSURE


def test_a_made_up_write_counts_by_its_effect() -> None:
    sent = {"title": f"{CANARY}-0009"}
    stored = impostors(reply(200, sent), asked=WRITE, sent=sent, effect=reply(200, {**MINE, **sent}))
    ignored = impostors(reply(200, sent), asked=WRITE, sent=sent, effect=reply(200, MINE))
    assert auth.invalid_token(stored)[0].outcome is Outcome.FAIL
    (verdict,) = auth.invalid_token(ignored)
    assert (verdict.outcome, verdict.message) == (
        Outcome.UNSURE,
        "answered 200 to truncated, and no read shows what it did",
    )


def guarded(request: Request) -> Response:
    return reply(401) if request.credential or request.identity.anonymous else reply(200, MINE)


def test_the_first_reads_are_asked_with_every_made_up_credential() -> None:
    world = FakeWorld(operations=(READ,))
    driven = drive(probes.impostor.steps(READ, world), guarded)
    sent = [one.credential for one in driven.sent if one.credential]
    values = [one.headers[0][1] for one in sent]
    assert values[:4] == [
        "Bearer alice-token-",
        "Bearer aud.aud.aud",
        "Bearer",
        "Basic alice-token-0123456789",
    ]
    assert len(values[4]) == len("Bearer alice-token-0123456789")
    assert len(driven.sent) <= probes.impostor.at_most.requests
    assert [one.role.value for one in driven.sent] == ["control", *["probe"] * 6, "control"]


def test_later_operations_get_the_truncated_credential_only() -> None:
    many = tuple(operation("GET", f"/things{n}") for n in range(5))
    world = FakeWorld(operations=many)
    driven = drive(probes.impostor.steps(many[4], world), guarded)
    assert [one.mutation.kind for one in driven.sent if one.mutation] == ["truncated"]


def test_writes_are_tried_on_an_object_of_their_own_and_read_again_when_answered() -> None:
    world = FakeWorld(resources=(THINGS,))
    assert THINGS.modify is not None
    driven = drive(
        probes.impostor.steps(THINGS.modify, world),
        lambda r: reply(401) if r.identity.anonymous else reply(200, {"id": "9"}),
    )
    asked = [(one.method, one.path, one.identity.name, bool(one.credential)) for one in driven.sent]
    assert asked == [
        ("POST", "/things", "alice", False),
        ("PATCH", "/things/9", "anonymous", False),
        ("PATCH", "/things/9", "alice", True),
        ("GET", "/things/9", "alice", False),
        ("POST", "/things", "alice", False),
        ("PATCH", "/things/9", "alice", False),
    ]
    assert driven.evidence.effect is not None


def test_made_up_credentials_prove_nothing_where_nobody_is_refused() -> None:
    with pytest.raises(Unavailable):
        drive(probes.impostor.steps(READ, FakeWorld(operations=(READ,))), lambda r: reply(200, MINE))


def test_keys_and_cookies_are_made_up_too() -> None:
    real = Credential(headers=(("X-Api-Key", "k" * 30),), query=(("key", "q" * 30),), cookies=(("sid", "c" * 30),))
    cut = probes.made_up(real, probes.Arm.TRUNCATED, FakeWorld().rng)
    assert (cut.headers[0][1], cut.query[0][1], cut.cookies[0][1]) == ("k" * 20, "q" * 20, "c" * 20)
    assert probes.made_up(real, probes.Arm.BASIC, FakeWorld().rng) != real


# --- auth.jwt-forgery ---------------------------------------------------------------------------------------


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def jwt(**claims: object) -> str:
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{'c2lnbmF0dXJl' * 3}"


def bearing(**tokens: str) -> dict[str, Credential]:
    return {name: Credential(headers=(("authorization", f"Bearer {token}"),)) for name, token in tokens.items()}


WHOAMI = operation("GET", "/users/me")
TOKENS = bearing(alice=jwt(sub="1", role="user"), bob=jwt(sub="2", role="user"))


def test_only_signed_tokens_are_forged() -> None:
    for token in ("opaque", "a.b.c", "one.two", f"{part([])}.{part({})}.eA", f"{part({'alg': 'x'})}..eA", ""):
        assert probes.signed_token(token) is None
    with pytest.raises(NotApplicable):
        drive(probes.forged_tokens.steps(FakeWorld(operations=(WHOAMI,))), [])


def test_forgeries_change_one_thing_each() -> None:
    token = probes.signed_token(jwt(sub="1", role="user"))
    assert token is not None
    forged = probes.forgeries(token, {"sub": "2"})
    assert list(forged) == [
        "sub-changed",
        "role-changed",
        "signature-flipped",
        "signature-stripped",
        "alg-none",
        "alg-None",
        "alg-NONE",
        "alg-nOnE",
    ]
    head, claims, signature = token.text.split(".")
    assert forged["sub-changed"].split(".")[2] == signature
    assert json.loads(probes.decoded(forged["sub-changed"].split(".")[1])) == {"sub": "2", "role": "user"}
    assert forged["signature-stripped"] == f"{head}.{claims}."
    assert probes.decoded(forged["signature-flipped"].split(".")[2]) != token.signature
    assert json.loads(probes.decoded(forged["alg-nOnE"].split(".")[0]))["alg"] == "nOnE"


@pytest.mark.parametrize("role", ["admin", ["user", "admin"]])
def test_an_administrators_own_token_is_no_forgery(role: object) -> None:
    token = probes.signed_token(jwt(sub="1", role=role))
    assert token is not None
    signed = {kind: one for kind, one in probes.forgeries(token, {"sub": "1"}).items() if kind.endswith("-changed")}
    assert [json.loads(probes.decoded(one.split(".")[1])) for one in signed.values()] == [
        {"sub": "1", "role": role, "audit": "changed"}
    ]


@pytest.mark.parametrize(
    ("value", "more"),
    [("user", "admin"), (False, True), (["user"], ["user", "admin"]), ("read write", "read write admin")],
)
def test_more_rights_keep_the_claims_form(value: object, more: object) -> None:
    assert probes.raised(value) == more


def jwt_app(*, verifies: bool) -> Answers:
    """Play a server whose /users/me answers the token's subject."""
    real = {one.token for one in TOKENS.values()}

    def answer(request: Request) -> Response:
        token = (request.credential or TOKENS[request.identity.name]).token
        if not token:
            return reply(401)
        if verifies and token not in real:
            return reply(401, {"error": "invalid token"})
        claims = json.loads(probes.decoded(token.split(".")[1]))
        return reply(200, {"id": claims["sub"], "email": f"user{claims['sub']}@example.com"})

    return answer


def forge(app: Answers) -> tuple[probes.Forgeries, tuple[Request, ...]]:
    world = FakeWorld(operations=(WHOAMI, READ), credentials=TOKENS)
    driven = drive(probes.forged_tokens.steps(world), app)
    assert len(driven.sent) <= probes.forged_tokens.at_most.requests
    return driven.evidence, driven.sent


def test_a_server_that_verifies_passes_and_is_asked_about_its_caller_first() -> None:
    evidence, sent = forge(jwt_app(verifies=True))
    assert auth.jwt_forgery(evidence)[0].outcome is Outcome.PASS
    assert sent[0].path == "/users/me"


def test_a_server_that_only_decodes_fails() -> None:
    (verdict,) = auth.jwt_forgery(forge(jwt_app(verifies=False))[0])
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "unverified")
    assert "sub-changed" in verdict.message


def judged(kind: str, answer: Response) -> Exchange:
    request = Request(method="GET", path="/users/me", mutation=Mutation(location="header", pointer="/a", kind=kind))
    return exchange(answer, request=request)


def forgery(kind: str, answer: Response) -> probes.Forgeries:
    good, bare = exchange(reply(200, MINE)), exchange(reply(401))
    one = probes.Forgery(operation="GET /users/me", control=good, bare=bare, forged=(judged(kind, answer),), again=good)
    return probes.Forgeries(tried=(one,))


def test_an_accepted_unsigned_token_is_its_own_weakness() -> None:
    (verdict,) = auth.jwt_forgery(forgery("alg-none", reply(200, MINE)))
    assert (verdict.outcome, verdict.signature) == (Outcome.FAIL, "alg-none")


def test_another_answer_to_an_unsigned_token_is_unsure() -> None:
    assert auth.jwt_forgery(forgery("alg-none", reply(200, {"guest": "visitor"})))[0].outcome is Outcome.UNSURE


def test_a_500_for_a_forged_token_grants_nothing() -> None:
    assert auth.jwt_forgery(forgery("signature-flipped", reply(500)))[0].outcome is Outcome.PASS


def test_open_reads_prove_nothing() -> None:
    with pytest.raises(Unavailable):
        drive(
            probes.forged_tokens.steps(FakeWorld(operations=(WHOAMI,), credentials=TOKENS)),
            lambda r: reply(200, MINE),
        )


@pytest.mark.parametrize("beside", [("x-api-key", "k-0123456789"), ("cookie", "session=0123456789")])
def test_what_is_open_by_something_beside_the_token_proves_nothing(beside: tuple[str, str]) -> None:
    credentials = {name: replace(one, headers=(*one.headers, beside)) for name, one in TOKENS.items()}

    def answer(request: Request) -> Response:
        sent = request.credential or credentials[request.identity.name]
        return reply(200, MINE) if beside in sent.headers else reply(401)

    with pytest.raises(Unavailable):
        drive(probes.forged_tokens.steps(FakeWorld(operations=(WHOAMI,), credentials=credentials)), answer)


# --- the family ---------------------------------------------------------------------------------------------


def test_names_and_docs() -> None:
    assert named_as_promised(auth) == ["auth.anonymous-access", "auth.invalid-token", "auth.jwt-forgery"]
