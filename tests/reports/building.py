"""Audits built by hand: a small realistic one, a hostile one, and a large one for the budgets."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Literal

from auditor.model import (
    Audit,
    CheckFacts,
    ChecklistRow,
    ClientFacts,
    Coverage,
    DocumentFacts,
    Exchange,
    FamilyScore,
    Finding,
    GateResult,
    Identity,
    IdentityFacts,
    Json,
    Latency,
    Load,
    LoadOperation,
    LoadPoint,
    LoadStage,
    Mutation,
    OperationReach,
    Reach,
    Request,
    Response,
    Result,
    Role,
    Run,
    Seen,
    StandardRow,
    Target,
    Tool,
    Traffic,
)

BASE_URL = "http://127.0.0.1:8912"
ALICE, BOB = Identity("alice"), Identity("bob")
OPERATIONS = (
    "POST /api/v1/auth/login",
    "GET /api/v1/orders",
    "POST /api/v1/orders",
    "GET /api/v1/orders/{id}",
    "PATCH /api/v1/orders/{id}",
    "DELETE /api/v1/orders/{id}",
    "POST /api/v1/users",
    "POST /api/v1/payments/{id}/refund",
)
CHECKS: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        "auth.anonymous-access",
        "critical",
        "Protected operations refuse anonymous callers",
        ("AUTH-1",),
        ("API2:2023", "CWE-306", "ASVS 8.2.1"),
        "active",
    ),
    (
        "auth.invalid-token",
        "critical",
        "Malformed, truncated and made-up credentials are refused",
        ("AUTH-1",),
        ("API2:2023", "CWE-287", "RFC 6750 3.1"),
        "active",
    ),
    (
        "auth.jwt-claims",
        "medium",
        "Access tokens expire soon and carry no secrets",
        ("AUTH-2",),
        ("CWE-613", "RFC 8725 3.8", "ASVS 9.2.1"),
        "passive",
    ),
    (
        "auth.jwt-forgery",
        "critical",
        "A changed or unsigned token is refused",
        ("AUTH-2",),
        ("CWE-347", "RFC 8725 3.1", "ASVS 9.1.1"),
        "active",
    ),
    (
        "auth.refresh-flow",
        "medium",
        "Refresh works, rotates, and a used refresh token is refused",
        ("AUTH-3",),
        ("RFC 9700 4.14", "CWE-613", "ASVS 10.4.5"),
        "flow",
    ),
    (
        "authz.bfla",
        "critical",
        "Privileged operations refuse ordinary users",
        ("AUTH-7",),
        ("API5:2023", "CWE-862", "ASVS 8.2.1"),
        "active",
    ),
    (
        "authz.bola-read",
        "critical",
        "A user cannot read another user's object",
        ("AUTH-8",),
        ("API1:2023", "CWE-639", "ASVS 8.2.2"),
        "flow",
    ),
    (
        "authz.bola-write",
        "critical",
        "A user cannot change or delete another user's object",
        ("AUTH-8",),
        ("API1:2023", "CWE-639", "ASVS 8.2.2"),
        "flow",
    ),
    (
        "authz.mass-assignment",
        "high",
        "Clients cannot set server-controlled fields",
        ("VAL-3",),
        ("API3:2023", "CWE-915", "ASVS 15.3.3"),
        "flow",
    ),
    (
        "cors.credentialed-reflection",
        "high",
        "No foreign origin gets credentialed access",
        ("HDR-2",),
        ("CWE-942", "CWE-346", "ASVS 3.4.2"),
        "active",
    ),
    (
        "data.password-canary",
        "critical",
        "A password we sent never comes back",
        ("DATA-1",),
        ("CWE-200", "CWE-522", "API3:2023"),
        "flow",
    ),
    (
        "data.undocumented-fields",
        "medium",
        "No undocumented field leaves the server",
        ("DATA-3", "API-10"),
        ("API3:2023",),
        "passive",
    ),
    (
        "design.create-201",
        "medium",
        "A create answers 201, names the new resource, and it can be read",
        ("API-4",),
        ("RFC 9110 15.3.2", "RFC 9110 10.2.2"),
        "flow",
    ),
    (
        "design.method-405",
        "low",
        "A method that is not offered answers 405 with Allow",
        ("VAL-5", "API-8", "AUTH-9"),
        ("RFC 9110 15.5.6", "RFC 9110 10.2.1", "ASVS 4.1.4"),
        "active",
    ),
    (
        "design.patch-partial",
        "medium",
        "PATCH changes what it names and nothing else",
        ("API-6",),
        ("RFC 5789", "RFC 7396"),
        "flow",
    ),
    (
        "design.plural-nouns",
        "low",
        "Collections are plural nouns and paths hold no verbs",
        ("API-2",),
        ("Zalando 134", "Zalando 141"),
        "static",
    ),
    (
        "design.response-conformance",
        "medium",
        "Status, headers and body match the document",
        ("API-8", "API-10"),
        ("API9:2023", "OAS"),
        "passive",
    ),
    (
        "design.versioned-paths",
        "low",
        "Every business operation lives under a version",
        ("API-1",),
        ("API9:2023",),
        "static",
    ),
    (
        "errors.correlation-id",
        "low",
        "Every error carries an id for support",
        ("ERR-2", "OPS-3"),
        ("W3C Trace Context", "RFC 9457"),
        "passive",
    ),
    (
        "errors.no-internals",
        "high",
        "Errors tell nothing of the inside",
        ("ERR-2", "GQL-5"),
        ("CWE-209", "ASVS 16.5.1"),
        "passive",
    ),
    (
        "errors.shape",
        "medium",
        "All errors share one shape with code and message",
        ("API-9", "VAL-1"),
        ("RFC 9457", "Zalando 176"),
        "passive",
    ),
    (
        "headers.hsts",
        "medium",
        "HTTPS answers carry a one-year HSTS",
        ("HDR-1", "AUTH-11"),
        ("RFC 6797", "ASVS 3.4.1", "CWE-319"),
        "passive",
    ),
    (
        "headers.nosniff",
        "medium",
        "Every body carries nosniff",
        ("HDR-1", "HDR-3"),
        ("ASVS 3.4.4", "CWE-693"),
        "passive",
    ),
    (
        "injection.sql-error",
        "critical",
        "Quotes never reach the SQL parser",
        ("DB-7", "VAL-4"),
        ("CWE-89", "ASVS 1.2.4"),
        "active",
    ),
    (
        "input.malformed-body",
        "medium",
        "Malformed JSON answers 400 in the error shape",
        ("VAL-5", "ERR-1"),
        ("RFC 8259", "CWE-20"),
        "active",
    ),
    (
        "input.no-5xx",
        "high",
        "No request makes the server answer 5xx",
        ("ERR-3", "VAL-5"),
        ("API8:2023", "CWE-20", "CWE-755"),
        "active",
    ),
    (
        "limits.enforced",
        "high",
        "A sustained burst from one client is throttled",
        ("RATE-1",),
        ("API4:2023", "CWE-770", "RFC 6585 4"),
        "load",
    ),
    (
        "ops.health",
        "medium",
        "Health endpoints exist, are cheap and discreet",
        ("OPS-1",),
        ("draft-inadarei-api-health-check",),
        "active",
    ),
    (
        "pagination.present",
        "medium",
        "Lists are paged by default",
        ("PERF-3",),
        ("API4:2023", "RFC 8288", "Zalando 159"),
        "flow",
    ),
    ("perf.latency", "low", "Simple reads stay within the latency budget", ("PERF-1",), ("API4:2023",), "active"),
)
WHY = {
    "authz.bola-read": "Ids are guessable or leak. Without a check of ownership on the object itself, any user who is "
    "logged in can walk through everyone's data; it is the most exploited flaw of APIs.",
    "input.no-5xx": "A 5xx says that input reached code that was not written for it. Attackers look there first, and "
    "on-call engineers are woken for nothing.",
    "headers.nosniff": "Browsers guess the type of a body that does not forbid it, and may run what was data.",
}
FIX = {
    "authz.bola-read": "Load the object by id and owner together, and answer 404 when nothing is found. One policy in "
    "the repository layer serves every route.",
    "input.no-5xx": "Validate at the edge against the schema and answer 422 with the field's name.",
    "headers.nosniff": "Send X-Content-Type-Options: nosniff from the outermost middleware, so that errors carry it.",
}
TITLES = {
    "AUTH-8": "Objects belong to someone: a user reaches only what is theirs",
    "ERR-3": "Whatever is sent, the server does not answer 5xx",
    "VAL-5": "Malformed requests get the right 4xx",
    "HDR-1": "Answers carry the security headers",
    "API-1": "Paths carry a version",
    "API-4": "POST creates: 201, the new id, readable afterwards",
    "RATE-1": "A client that asks too often is slowed down",
    "PERF-1": "Reads are quick",
}
ROWS: tuple[tuple[str, str], ...] = (
    ("RESTful or GraphQL API design", "met"),
    ("Authentication and authorisation", "broken"),
    ("Input validation and sanitisation", "broken"),
    ("Error handling and logging", "met"),
    ("Database schema and migrations", "unjudged"),
    ("Caching strategy", "met"),
    ("Rate limiting", "unjudged"),
    ("API documentation (OpenAPI)", "met"),
    ("Unit and integration tests", "unjudged"),
    ("Performance optimisation", "met"),
    ("Security headers and CORS", "broken"),
    ("Health-check endpoints", "met"),
    ("Monitoring and metrics", "met"),
    ("Environment configuration", "unjudged"),
    ("Docker configuration", "skip"),
)


def fingerprint(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def exchange(
    id: str,
    method: str,
    path: str,
    status: int,
    *,
    identity: Identity = ALICE,
    role: Role = Role.PROBE,
    purpose: str = "",
    sent: Json = None,
    answer: Json = None,
    headers: Iterable[tuple[str, str]] = (),
    mutation: Mutation | None = None,
    elapsed_ms: float = 8.4,
) -> Exchange:
    """Build an exchange the way the recorder keeps it: redacted, lower-case response headers."""
    body = b"" if sent is None else sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    own = [("Authorization", f"Bearer «{identity.name}.token#1»"), ("Accept", "application/json")]
    request = Request(
        method=method,
        path=path,
        headers=(*own, *([("Content-Type", "application/json")] if body else []), *headers),
        body=body,
        identity=identity,
        role=role,
        purpose=purpose,
        mutation=mutation,
    )
    response = Response(
        status=status,
        headers=(("content-type", "application/json"), ("x-request-id", f"req-{id}")),
        body=b"" if answer is None else answer if isinstance(answer, bytes) else json.dumps(answer).encode(),
    )
    return Exchange(id=id, request=request, response=response, elapsed_ms=elapsed_ms, phase="probing")


def small_exchanges() -> dict[str, Exchange]:
    """Return the exchanges that the small audit's findings name."""
    bobs = {"id": 1002, "owner": "bob-7f21", "status": "paid", "total": {"amount": "48.20", "currency": "EUR"}}
    alices = {**bobs, "id": 1001, "owner": "alice-7f21"}
    order = {"sku": "aud-4c1f09ab77e2", "quantity": 1}
    huge = Mutation(location="body", pointer="/quantity", kind="too-large", value="99999999999999999999")
    path = "/api/v1/orders"
    trace = {"detail": "Internal Server Error", "trace": "x" * 6000}
    every = (
        exchange(
            "e1", "POST", path, 201, identity=BOB, role=Role.SETUP, purpose="bob's order", sent=order, answer=bobs
        ),
        exchange("e2", "GET", f"{path}/1001", 200, role=Role.CONTROL, purpose="alice reads her own", answer=alices),
        exchange("e3", "GET", f"{path}/1002", 200, purpose="alice reads bob's", answer=bobs),
        exchange("e4", "POST", path, 201, role=Role.CONTROL, purpose="the control", sent=order, answer=alices),
        exchange(
            "e5",
            "POST",
            path,
            500,
            purpose="a number out of range",
            sent={**order, "quantity": 99999999999999999999},
            answer=trace,
            mutation=huge,
            elapsed_ms=212.9,
        ),
        exchange("e6", "POST", "/api/v1/users", 500, purpose="not JSON", sent=b'{"email": ', answer=b"Internal error"),
        exchange("e7", "GET", path, 200, role=Role.PROBE, purpose="the list", answer=[alices]),
    )
    return {one.id: one for one in every}


def _finding(
    check: str,
    operation: str | None,
    severity: str,
    message: str,
    evidence: Sequence[tuple[Role, str]] = (),
    *,
    cause: str = "",
    status: Literal["new", "known", "suppressed"] = "new",
    confirmed: bool = True,
    line: int | None = None,
    count: int = 1,
) -> Finding:
    mark = fingerprint(check, operation or "", message)
    return Finding(
        fingerprint=mark,
        cause=cause or mark,
        check=check,
        subject=operation or BASE_URL,
        operation=operation,
        severity=severity,
        message=message,
        confirmed=confirmed,
        status=status,
        evidence=tuple(Seen(role=role, exchange=name) for role, name in evidence),
        document_line=line,
        count=count,
    )


def small_findings() -> tuple[Finding, ...]:
    bola = [(Role.SETUP, "e1"), (Role.CONTROL, "e2"), (Role.PROBE, "e3")]
    range_error = [(Role.CONTROL, "e4"), (Role.PROBE, "e5")]
    no_header = "the answer has no X-Content-Type-Options"
    return (
        _finding("authz.bola-read", OPERATIONS[3], "critical", "200 with bob's order, asked by alice", bola, line=412),
        _finding("input.no-5xx", OPERATIONS[2], "high", "500 for a quantity of 20 digits", range_error, line=231),
        _finding("input.no-5xx", OPERATIONS[6], "high", "500 for a body cut off in the middle", [(Role.PROBE, "e6")]),
        _finding("errors.shape", OPERATIONS[6], "medium", "text/plain instead of the error shape", status="known"),
        _finding("design.method-405", OPERATIONS[7], "low", "404 to PUT, no Allow header", status="suppressed"),
        *(
            _finding(
                "headers.nosniff",
                one,
                "medium",
                no_header,
                [(Role.PROBE, "e7")],
                cause="nosniff",
                status="known",
                count=9,
            )
            for one in OPERATIONS[:7]
        ),
    )


def check_facts() -> tuple[CheckFacts, ...]:
    return tuple(
        CheckFacts(
            id=id,
            family=id.partition(".")[0],
            title=title,
            severity=severity,
            standards=standards,
            mode=mode,
            why=WHY.get(id, ""),
            fix=FIX.get(id, ""),
            refs=refs,
        )
        for id, severity, title, standards, refs, mode in CHECKS
    )


def results(findings: Sequence[Finding]) -> tuple[Result, ...]:
    """Return a result for every check on every operation, failing where there is a finding."""
    failing = {(one.check, one.operation) for one in findings}
    return tuple(_result(check, operation, failing) for check, operation in product(check_facts(), OPERATIONS))


def _result(check: CheckFacts, operation: str, failing: set[tuple[str, str | None]]) -> Result:
    outcome, reason, unlock = "pass", "", ""
    if (check.id, operation) in failing:
        outcome = "fail"
    elif check.id in {"authz.bola-write", "authz.bfla"}:
        outcome, reason = "unsure", "no administrator is known, so privileged operations cannot be told apart"
        unlock = "identities: {root: {role: admin, bearer: ${ADMIN_TOKEN}}}"
    elif check.id == "limits.enforced":
        outcome, reason, unlock = "unsure", "the quota was not reached in 3 s", "safety: {rate: 200/s}"
    elif check.id == "headers.hsts":
        outcome, reason = "skip", "the target is not served over https"
    elif check.id == "design.patch-partial" and not operation.startswith("PATCH"):
        outcome, reason = "skip", "only PATCH is concerned"
    elif check.id == "pagination.present" and operation == OPERATIONS[5]:
        outcome, reason = "error", "KeyError: 'items'"
    return Result(check=check.id, subject=operation, operation=operation, outcome=outcome, reason=reason, unlock=unlock)


def families(every: Sequence[Result]) -> tuple[FamilyScore, ...]:
    names = dict.fromkeys(one.check.partition(".")[0] for one in every)
    return tuple(_family(name, [one for one in every if one.check.partition(".")[0] == name]) for name in names)


def _family(name: str, mine: Sequence[Result]) -> FamilyScore:
    counts = Counter(one.outcome for one in mine)
    judged = counts["pass"] + counts["fail"]
    applicable = judged + counts["unsure"] + counts["error"]
    score = 100 * counts["pass"] // judged if judged else None
    coverage = Coverage(judged=judged, applicable=applicable)
    return FamilyScore(family=name, score=score, coverage=coverage, counts=dict(counts))


def load() -> Load:
    """Return a minute of load in three stages, the last one beyond the knee."""
    stages = [(10, 110.0, 8.1, 21.4, 40.2), (50, 402.0, 16.9, 61.0, 99.9), (200, 511.0, 142.0, 690.5, 1210.0)]
    return Load(
        stages=tuple(
            LoadStage(
                users=users,
                seconds=20.0,
                requests=int(rps * 20),
                failures=0 if users < 100 else 121,
                refused=3,
                answers={"200": int(rps * 19), "429": 3},
                rps=rps,
                p50_ms=p50,
                p95_ms=p95,
                p99_ms=p99,
            )
            for users, rps, p50, p95, p99 in stages
        ),
        series=tuple(_point(second) for second in range(60)),
        operations=tuple(
            LoadOperation(
                operation=one,
                requests=2400 - 210 * index,
                failures=index * 3,
                p50_ms=12.5 + index,
                p90_ms=40.25 + index,
                p95_ms=66.0 + index,
                p99_ms=201.0 + index,
                max_ms=1402.0,
                rps=40.0 - index,
            )
            for index, one in enumerate(OPERATIONS[1:6])
        ),
        knee=402.0,
        recovered=True,
    )


def _point(second: int) -> LoadPoint:
    users = (10, 50, 200)[second // 20]
    wave = (second * 7919) % 13
    p50 = (8, 17, 140)[second // 20] + wave
    failures = wave if users == 200 else 0
    requests = (110, 402, 511)[second // 20] + 2 * wave
    p95 = 3.6 * p50 + wave
    return LoadPoint(
        second=second,
        users=users,
        requests=requests,
        failures=failures,
        refused=3 if second % 20 == 15 else 0,
        p50_ms=p50,
        p95_ms=p95,
        max_ms=1402.0 if second == 45 else 1.5 * p95,
    )


def small() -> Audit:
    """Build an audit of 8 operations by 30 checks, with a little of everything."""
    findings = small_findings()
    every = results(findings)
    totals = Counter(one.outcome for one in every)
    judged = totals["pass"] + totals["fail"]
    return Audit(
        tool=Tool(version="0.1.0"),
        run=Run(
            id="20261121-2210-4c1f09ab",
            seed="41f2",
            profile="standard",
            started_at="2026-11-21T22:10:04Z",
            ended_at="2026-11-21T22:12:45Z",
            seconds=161.3,
            complete=True,
            command=f"auditor run {BASE_URL} --load 60s",
            config={"safety": {"writes": True, "rate": "40/s"}, "profile": "standard"},
        ),
        verdict="fail",
        exit_code=1,
        target=Target(
            base_url=BASE_URL,
            title="Orders API",
            document=DocumentFacts(
                source="./openapi.json", sha256=fingerprint("document") * 2, version="OpenAPI 3.1.0", operations=8
            ),
        ),
        identities=(
            IdentityFacts(name="alice", role="user", how="registered through POST /api/v1/users"),
            IdentityFacts(name="bob", role="user", how="registered through POST /api/v1/users"),
        ),
        client=ClientFacts(rtt_floor_ms=0.3, jitter_ms=1.2),
        reach=_reach(),
        coverage=Coverage(judged=judged, applicable=judged + totals["unsure"] + totals["error"]),
        hints=(
            "16 results need an administrator: add identities.root with role admin",
            "POST /api/v1/payments/{id}/refund never answered 2xx: give operations.examples a refundable payment",
        ),
        notes=("3 answers were 429; the rate was halved at 1:12",),
        traffic=Traffic(
            requests=3112,
            seconds=158.0,
            by_status={"200": 1904, "201": 388, "404": 310, "422": 470, "429": 3, "500": 37},
            by_phase={"identities": 12, "seeding": 61, "probing": 2870, "confirming": 120, "cleanup": 49},
        ),
        checks=check_facts(),
        results=every,
        findings=findings,
        families=families(every),
        score=49,
        standards=_standards(every),
        checklist=tuple(ChecklistRow(title=title, outcome=outcome) for title, outcome in ROWS),
        latency=tuple(
            Latency(
                operation=one, n=40, p50_ms=6.1 + 5 * i, p95_ms=14.8 + 9 * i, p99_ms=20.0 + 12 * i, floor_ms=4.0 + i
            )
            for i, one in enumerate(OPERATIONS)
        ),
        load=load(),
        leftovers=("POST /api/v1/users alice-7f21: DELETE answered 405",),
        suppressions=({"check": "design.method-405", "reason": "the gateway answers", "expires": "2027-03-01"},),
        gates=(
            GateResult(name="no new finding ≥ high", outcome="fail", actual="3", expected="0"),
            GateResult(name="coverage", outcome="pass", actual="91 %", expected="≥ 90 %"),
            GateResult(name="p(95) GET /api/v1/orders", outcome="not_measured", actual="", expected="< 300 ms"),
        ),
    )


def _reach() -> Reach:
    by_operation = tuple(
        OperationReach(operation=one, succeeded=True, statuses={"200": 41, "422": 12}, identities=("alice", "bob"))
        for one in OPERATIONS[:-1]
    )
    blocked = OperationReach(
        operation=OPERATIONS[-1],
        succeeded=False,
        statuses={"404": 3, "409": 6},
        identities=("alice",),
        blocked_by="409 payment is not settled",
        unlock="operations: {POST /api/v1/payments/{id}/refund: {path: {id: …}}}",
    )
    return Reach(operations=8, succeeded=7, by_operation=(*by_operation, blocked))


def _standards(every: Sequence[Result]) -> tuple[StandardRow, ...]:
    checks: dict[str, list[str]] = {}
    for one in check_facts():
        for standard in one.standards:
            checks.setdefault(standard, []).append(one.id)
    return tuple(_standard(name, mine, every) for name, mine in sorted(checks.items()))


def _standard(name: str, checks: Sequence[str], every: Sequence[Result]) -> StandardRow:
    mine = [one for one in every if one.check in checks]
    outcomes = {one.outcome for one in mine}
    outcome = "broken" if "fail" in outcomes else "unjudged" if "unsure" in outcomes else "met"
    outcome = "skip" if outcomes == {"skip"} else outcome
    rest = tuple(sorted({one.subject for one in mine if one.outcome == "fail"}))
    return StandardRow(id=name, outcome=outcome, checks=tuple(checks), rest=rest, title=TITLES.get(name, ""))


def big(operations: int = 500, checks: int = 172, failing: int = 40) -> tuple[Audit, Mapping[str, Exchange]]:
    """Build a synthetic audit for the budgets: 200 exchanges, every failing check failing on many operations."""
    names = [f"GET /api/v1/tenants/{{tenant}}/things-{number:03}/{{id}}" for number in range(operations)]
    facts = tuple(
        replace(CHECK_TEMPLATE, id=f"family{number % 22:02}.check-{number:03}", family=f"family{number % 22:02}")
        for number in range(checks)
    )
    exchanges = {f"e{n}": _synthetic(n) for n in range(200)}
    findings = tuple(
        _finding(facts[check].id, names[(check * 7 + n) % operations], "medium", f"500 for case {n}", _pair(check, n))
        for check, n in product(range(failing), range(30))
    )
    failed = {(one.check, one.operation) for one in findings}
    every = tuple(
        Result(check=fact.id, subject=name, operation=name, outcome=_outcome(fact.id, name, i + j, failed))
        for (i, fact), (j, name) in product(enumerate(facts), enumerate(names))
    )
    latency = tuple(Latency(operation=one, n=9, p50_ms=5, p95_ms=9, p99_ms=12, floor_ms=2) for one in names)
    reach = Reach(
        operations=operations,
        succeeded=operations,
        by_operation=tuple(OperationReach(operation=one, succeeded=True, statuses={"200": 4}) for one in names),
    )
    audit = replace(
        small(),
        checks=facts,
        results=every,
        findings=findings,
        families=families(every),
        latency=latency,
        reach=reach,
    )
    return audit, exchanges


CHECK_TEMPLATE = CheckFacts(
    id="",
    family="",
    title="A promise of ordinary length about what the server does",
    severity="medium",
    standards=("API-1",),
    mode="active",
    why="An explanation of two sentences. " * 4,
    fix="An instruction of one sentence. " * 2,
    refs=("CWE-20", "RFC 9110 15.5.2"),
)


def _pair(check: int, n: int) -> list[tuple[Role, str]]:
    number = 2 * (check * 3 + n) % 200
    return [(Role.CONTROL, f"e{number}"), (Role.PROBE, f"e{number + 1}")]


def _synthetic(number: int) -> Exchange:
    rows = [{"id": n, "name": f"thing {n}", "tags": ["a", "b"]} for n in range(30 + number % 40)]
    return exchange(f"e{number}", "POST", f"/api/v1/things/{number}", 200, sent={"n": number}, answer=rows)


def _outcome(check: str, operation: str, number: int, failed: set[tuple[str, str | None]]) -> str:
    if (check, operation) in failed:
        return "fail"
    return ("pass", "pass", "pass", "skip", "unsure", "pass", "pass")[number % 7]


def hostile(payload: str) -> tuple[Audit, dict[str, Exchange]]:
    """Put a payload wherever the target, its document or its operators have a word."""
    audit, exchanges = small(), small_exchanges()
    findings = tuple(replace(one, message=payload, cause=payload, curl=payload) for one in audit.findings[:2])
    bad = exchange(
        "e3",
        "GET",
        "/" + payload,
        200,
        purpose=payload,
        answer=payload.encode("utf-8", "surrogatepass"),
        headers=[("X-Echo", payload)],
    )
    bad = replace(bad, response=replace(bad.response, headers=(("x-echo", payload), ("x-big", "A" * 1_000_000))))
    hostile_audit = replace(
        audit,
        target=replace(audit.target, title=payload),
        findings=findings,
        hints=(payload,),
        notes=(payload,),
        leftovers=(payload,),
        identities=(IdentityFacts(name=payload, role=payload, how=payload),),
        run=replace(audit.run, command=payload, stop_reason=payload, complete=False, config={payload: payload}),
        gates=(GateResult(name=payload, outcome="fail", actual=payload, expected=payload),),
        results=(*audit.results, Result(check=payload, subject=payload, operation=payload, outcome="unsure")),
        reach=Reach(
            operations=1,
            succeeded=0,
            by_operation=(OperationReach(operation=payload, succeeded=False, blocked_by=payload),),
        ),
    )
    return hostile_audit, {**exchanges, "e3": bad}
