"""What the doctor says: all of it, within the width, and nothing foreign as markup or terminal escapes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from auditor.model import Audit, DocumentFacts, IdentityFacts, OperationReach, Reach, ResourceFacts
from reports.doctor import print_diagnosis, render_json
from tests.reports import building
from tests.reports.test_html import PAYLOADS

GOLDEN = Path(__file__).parent / "golden"


def printed(audit: Audit, width: int, *, code: int = 1) -> str:
    out = io.StringIO()
    print_diagnosis(audit, Console(file=out, width=width, force_terminal=False), code=code)
    return out.getvalue()


def examined() -> Audit:
    """The small audit with a graph: what is made by whom, what was learned, what is out of reach."""
    audit = building.small()
    document = replace(audit.target.document, schemes=("bearerAuth: bearer", "key: api_key in header X-API-Key"))
    kinds = (
        ResourceFacts(name="/api/v1/customers", created_by="POST /api/v1/customers", made_as=("alice", "bob"),
                      operations=("GET /api/v1/customers/{id}", "DELETE /api/v1/customers/{id}")),
        ResourceFacts(name="/api/v1/orders", created_by="POST /api/v1/orders", made_as=("alice",),
                      how=("addressed by its uuid, found by trying",), needs=("/api/v1/customers",),
                      operations=("GET /api/v1/orders/{id}",)),
        ResourceFacts(name="/api/v1/rooms", existing=True, operations=("GET /api/v1/rooms/{id}",)),
        ResourceFacts(name="/api/v1/users", made_as=("alice",), operations=("GET /api/v1/users/{id}",)),
        ResourceFacts(name="/api/v1/locks", created_by="POST /api/v1/locks"),
    )  # fmt: skip
    rows = audit.reach.by_operation
    taught = replace(
        rows[0], learned=("after POST /api/v1/orders/{id}/confirm", "If-Match: the ETag that a read shows")
    )
    never = OperationReach(operation="DELETE /api/v1/rooms", succeeded=False)
    return replace(
        audit,
        target=replace(audit.target, document=document),
        resources=kinds,
        reach=replace(audit.reach, operations=9, by_operation=(taught, *rows[1:], never)),
    )


@pytest.mark.parametrize("width", [80, 120])
def test_the_diagnosis_looks_as_it_did(width: int, regenerate: bool) -> None:
    golden = GOLDEN / f"doctor-{width}.txt"
    if regenerate:
        golden.write_text(printed(examined(), width), "utf-8")
    assert printed(examined(), width) == golden.read_text("utf-8")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(map(len, printed(examined(), width).splitlines())) <= width


def test_the_last_line_sums_it_up() -> None:
    assert printed(examined(), 120).splitlines()[-1] == (
        "7 of 9 operations reached (77 %) with 3,112 requests, 2 min 41 s · exit 1"
    )
    cut_short = replace(examined(), run=replace(examined().run, complete=False, stop_reason="interrupted"))
    assert printed(cut_short, 120, code=4).splitlines()[-1].startswith("INCOMPLETE (interrupted): 7 of 9")


def test_an_audit_of_nothing_says_so() -> None:
    bare = replace(
        examined(),
        target=replace(examined().target, document=DocumentFacts()),
        identities=(),
        resources=(),
        reach=Reach(),
    )
    text = printed(bare, 80, code=4)
    assert "none was found" in text
    assert "nobody: every request is anonymous" in text
    assert "Things" not in text
    assert "Out of reach" not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_foreign_text_is_shown_and_never_obeyed(payload: str) -> None:
    hostile = replace(
        examined(),
        identities=(IdentityFacts(name=payload, role="user", how=payload),),
        resources=(ResourceFacts(name=payload, created_by=payload, how=(payload,), needs=(payload,)),),
        reach=Reach(
            operations=1,
            by_operation=(
                OperationReach(
                    operation=payload, succeeded=False, blocked_by=payload, unlock=payload, learned=(payload,)
                ),
            ),
        ),
        notes=(payload,),
        leftovers=(payload,),
    )
    text = printed(hostile, 80)
    assert not {one for one in text if ord(one) < 32} - {"\n"}
    assert json.loads(render_json(hostile, code=1))["resources"][0]["name"] is not None


def test_json_holds_the_same() -> None:
    told = json.loads(render_json(examined(), code=1))
    assert (told["exit_code"], told["complete"], told["reach"]["succeeded"]) == (1, True, 7)
    assert [one["name"] for one in told["resources"]][:2] == ["/api/v1/customers", "/api/v1/orders"]
    assert told["reach"]["by_operation"][0]["learned"][0] == "after POST /api/v1/orders/{id}/confirm"
    assert told["target"]["document"]["schemes"][0] == "bearerAuth: bearer"
