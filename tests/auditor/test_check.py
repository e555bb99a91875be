"""A check is its rule; all that is shown of it comes from the docstring."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from auditor.check import Check, check
from auditor.evidence import DOCUMENT, EVERY_EXCHANGE, LOAD, Bound, Evidence, Scope, Steps, World, recipe, whole_run
from auditor.model import Severity, Verdict, failed, passed


@recipe(scope=Scope.API, at_most=Bound(requests=1))
def asking(world: World) -> Steps[int]:
    """Ask something."""
    yield from ()
    return 1


@check("family.even-numbers", severity=Severity.HIGH, standards=("A-1", "B-2"), on=asking, refs=("CWE-1",))
def even_numbers(number: int) -> Verdict:
    """Numbers are even.

    Why: odd numbers
    cannot be halved: they break.

    Fix: add one. `n + n % 2`

    Known limits: zero.
    """
    return passed() if number % 2 == 0 else failed(f"{number} is odd")


def test_what_is_shown_comes_from_the_docstring() -> None:
    facts = even_numbers.facts()
    assert (facts.id, facts.family, facts.title) == ("family.even-numbers", "family", "Numbers are even")
    assert facts.why == "odd numbers cannot be halved: they break."
    assert facts.fix == "add one. `n + n % 2`"
    assert (facts.severity, facts.standards, facts.refs, facts.mode) == ("high", ("A-1", "B-2"), ("CWE-1",), "active")
    assert even_numbers.section("known limits") == "zero."
    assert even_numbers.section("nothing of the kind") == ""


def test_a_check_is_called_like_its_rule() -> None:
    assert even_numbers(2) == (passed(),)
    assert even_numbers(3) == (failed("3 is odd"),)


def test_a_rule_may_give_several_verdicts_in_any_iterable() -> None:
    @check("family.many", severity=Severity.LOW, standards=(), on=asking)
    def many(number: int) -> Iterable[Verdict]:
        yield from (passed() for _ in range(number))

    assert many(3) == (passed(),) * 3
    assert many(0) == ()


def test_without_a_docstring_the_id_has_to_do() -> None:
    bare = check("family.bare", severity=Severity.LOW, standards=(), on=asking)(lambda _number: passed())
    assert (bare.title, bare.docs, bare.section("Why")) == ("family.bare", "family.bare", "")


@pytest.mark.parametrize(
    ("on", "mode"),
    [
        (EVERY_EXCHANGE, "passive"),
        (whole_run(lambda _exchange: None), "passive"),
        (DOCUMENT, "static"),
        (LOAD, "load"),
        (asking, "active"),
    ],
)
def test_the_kind_of_evidence_is_the_mode(on: Evidence[Any], mode: str) -> None:
    made: Check[Any] = check("a.b", severity=Severity.LOW, standards=(), on=on)(lambda _evidence: passed())
    assert made.mode == mode


def test_a_passive_check_may_ask_for_traffic() -> None:
    rule = check("a.b", severity=Severity.LOW, standards=(), on=EVERY_EXCHANGE, also=(asking,))(lambda _one: passed())
    assert rule.recipes == (asking,)
    assert even_numbers.recipes == (asking,)
