"""What a check is: a pure function from typed evidence to a verdict, with its metadata."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from auditor.evidence import DocumentEvidence, EveryExchange, Evidence, LoadEvidence, Recipe, WholeRun
from auditor.model import CheckFacts, Severity, Verdict

T = TypeVar("T")

Judged: TypeAlias = Verdict | Iterable[Verdict]
"""A rule answers with one verdict, or with several about parts of its subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check(Generic[T]):
    """One promise about a backend. Everything a reader sees of it comes from the rule's docstring."""

    id: str
    severity: Severity
    standards: tuple[str, ...]
    on: Evidence[T]
    judge: Callable[[T], Judged]
    also: tuple[Recipe[Any], ...] = ()
    """Recipes that must run because this passive rule wants to see their traffic."""
    refs: tuple[str, ...] = ()

    def __call__(self, evidence: T) -> tuple[Verdict, ...]:
        judged = self.judge(evidence)
        return (judged,) if isinstance(judged, Verdict) else tuple(judged)

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    @property
    def title(self) -> str:
        """What is true when the check passes: the docstring's first line."""
        return self.docs.splitlines()[0].rstrip(".")

    @property
    def docs(self) -> str:
        """The docstring; the id where `python -OO` stripped it."""
        return inspect.getdoc(self.judge) or self.id

    def section(self, heading: str) -> str:
        """Return the paragraph that opens with `heading:` ("Why", "Fix", "Known limits"); "" if none."""
        for paragraph in self.docs.split("\n\n"):
            name, colon, text = paragraph.partition(":")
            if colon and name.strip().lower() == heading.lower():
                return " ".join(text.split())
        return ""

    @property
    def mode(self) -> str:
        kinds: dict[type, str] = {
            EveryExchange: "passive",
            WholeRun: "passive",
            DocumentEvidence: "static",
            LoadEvidence: "load",
        }
        return kinds.get(type(self.on), "active")

    @property
    def recipes(self) -> tuple[Recipe[Any], ...]:
        """Everything that must be gathered before this check can judge."""
        return (self.on, *self.also) if isinstance(self.on, Recipe) else self.also

    def facts(self) -> CheckFacts:
        return CheckFacts(
            id=self.id,
            family=self.family,
            title=self.title,
            severity=self.severity.label,
            standards=self.standards,
            mode=self.mode,
            why=self.section("Why"),
            fix=self.section("Fix"),
            refs=self.refs,
        )


def check(
    id: str,
    *,
    severity: Severity,
    standards: tuple[str, ...],
    on: Evidence[T],
    also: tuple[Recipe[Any], ...] = (),
    refs: tuple[str, ...] = (),
) -> Callable[[Callable[[T], Judged]], Check[T]]:
    """Turn a judging function into a check."""

    def wrap(judge: Callable[[T], Judged]) -> Check[T]:
        return Check(id=id, severity=severity, standards=standards, on=on, judge=judge, also=also, refs=refs)

    return wrap
