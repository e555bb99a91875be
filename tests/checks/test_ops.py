"""Operations: health as frameworks offer it, and answers that are not health."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from auditor.model import Exchange, Json, Outcome, Request, Response, Severity
from checks import ops
from checks._ops_probes import Health, health_probes
from tests.checks.building import Driven, FakeWorld, drive, exchange, named_as_promised, operation, reply

NOT_FOUND = reply(404, {"code": "not_found", "message": "there is no such path"})
OK = reply(200, {"status": "ok"})
Server = Callable[[Request], Response]


def test_names_and_docstrings_keep_the_convention() -> None:
    assert named_as_promised(ops) == ["ops.health"]


def serving(answers: Mapping[str, Response], *, otherwise: Response = NOT_FOUND) -> Server:
    return lambda request: answers.get(request.path, otherwise)


def asked(server: Server, world: FakeWorld | None = None) -> Driven[Health]:
    driven = drive(health_probes.steps(world or FakeWorld()), server)
    assert len(driven.sent) <= health_probes.at_most.requests
    assert all(one.method == "GET" and one.identity.anonymous for one in driven.sent)
    return driven


def told(server: Server) -> dict[str, Severity | None]:
    verdicts = ops.health(asked(server).evidence)
    return {one.signature: one.severity for one in verdicts if one.outcome is Outcome.FAIL}


def both(body: Json, **headers: str) -> dict[str, Response]:
    return {"/livez": OK, "/readyz": reply(200, body, headers=headers)}


SPRING = {"status": "UP", "components": {"db": {"status": "UP"}, "ping": {"status": "UP"}}}
DSN = "postgresql://market:hunter2@db.example.com:5432/market"


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        pytest.param(serving(both({"status": "ok"})), {}, id="two kinds"),
        pytest.param(serving({"/health/live": OK, "/health/ready": OK}), {}, id="below health"),
        pytest.param(serving({"/actuator/health": reply(200, SPRING)}), {}, id="spring names its components"),
        pytest.param(
            serving({"/livez": OK, "/readyz": reply(503, {"code": "starting"})}), {}, id="decoy: 503 while starting"
        ),
        pytest.param(serving({"/healthz": reply(200, text="OK")}), {"one kind": Severity.LOW}, id="go, one kind"),
        pytest.param(serving({}), {"none": None}, id="none"),
        pytest.param(serving({}, otherwise=reply(200, {"app": "spa"})), {"none": None}, id="catch-all"),
        pytest.param(
            serving({"/status": reply(200, text="<p>up</p>", headers={"content-type": "text/html"})}),
            {"none": None},
            id="page",
        ),
        pytest.param(serving({"/health": reply(401, {})}), {"needs login": Severity.LOW}, id="behind login"),
        pytest.param(
            serving(both({"status": "ok"}, **{"cache-control": "public, max-age=60"})),
            {"/readyz cacheable": Severity.LOW},
            id="cacheable",
        ),
        pytest.param(serving(both({}, **{"cache-control": "no-store, max-age=0"})), {}, id="not cacheable"),
        pytest.param(serving(both({"database": "«shape:dsn»"})), {"/readyz leaks dsn": Severity.LOW}, id="redacted"),
        pytest.param(serving(both({"database": DSN})), {"/readyz leaks dsn": Severity.LOW}, id="database url"),
        pytest.param(
            serving(both({"url": "redis://cache:6379/0"})), {"/readyz leaks dsn": Severity.LOW}, id="redis url"
        ),
        pytest.param(serving(both({"peer": "10.0.3.17"})), {"/readyz leaks host": Severity.LOW}, id="private address"),
        pytest.param(serving(both({"hostname": "web-7f9c"})), {"/readyz leaks host": Severity.LOW}, id="host name"),
        pytest.param(serving(both({"pythonVersion": "3.12.1"})), {"/readyz leaks version": Severity.LOW}, id="version"),
        pytest.param(serving(both({"version": "1"})), {}, id="the draft's API version"),
        pytest.param(
            serving(both({"error": "Traceback (most recent call last):"})),
            {"/readyz leaks stack": Severity.LOW},
            id="stack",
        ),
    ],
)
def test_health(server: Server, expected: dict[str, Severity | None]) -> None:
    assert told(server) == expected


@pytest.mark.parametrize("status", [401, 403, 503])
def test_a_gateway_that_answers_everything_alike_hides_what_is_there(status: int) -> None:
    (verdict,) = ops.health(asked(serving({}, otherwise=reply(status, {}))).evidence)
    assert verdict.outcome is Outcome.UNSURE


def test_health_that_takes_its_time_is_low() -> None:
    def answer(request: Request) -> Exchange:
        if request.path not in {"/livez", "/readyz"}:
            return exchange(NOT_FOUND)
        return exchange(OK, elapsed_ms=1_400.0 if request.path == "/readyz" else 3.0)

    verdicts = ops.health(drive(health_probes.steps(FakeWorld()), answer).evidence)
    assert [(one.severity, one.signature) for one in verdicts] == [(Severity.LOW, "/readyz slow")]


def test_paths_of_the_document_come_first_and_hits_are_asked_five_times() -> None:
    own = operation("GET", "/internal/health", security=())
    driven = asked(serving({"/internal/health": OK}), FakeWorld(operations=(own,)))
    assert all("aud-" in one.path for one in driven.sent[:2])
    assert [one.absolute for one in driven.sent[:2]] == [True, False]
    assert driven.sent[2].operation is own
    assert [one.path for one in driven.sent].count("/internal/health") == 5
    assert len(driven.evidence.found[0].answers) == 5


def test_a_resource_that_is_called_health_is_not_asked() -> None:
    patient = operation("GET", "/patients/{id}/health")
    driven = asked(serving({}), FakeWorld(operations=(patient,)))
    assert "{" not in "".join(one.path for one in driven.sent)
