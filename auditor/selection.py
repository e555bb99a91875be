"""Chooses checks and operations by what the user typed: ids, globs, families, standards, "GET /users/*"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from auditor.check import Check
from auditor.errors import UsageError
from auditor.model import Operation


def checks(
    every: Sequence[Check[Any]], *, only: Iterable[str] = (), skip: Iterable[str] = ()
) -> tuple[Check[Any], ...]:
    """Return the checks that `only` names (all when empty) and `skip` does not.

    Raises `UsageError` for a selector that matches nothing, with a suggestion.
    """
    wanted = [(word, [one for one in every if names(word, one)]) for word in only]
    unwanted = [(word, [one for one in every if names(word, one)]) for word in skip]
    for word, found in (*wanted, *unwanted):
        if not found:
            raise UsageError(f"no check matches {word!r}", suggestion(word, every))
    kept = [one for _, found in wanted for one in found] if wanted else list(every)
    dropped = {one.id for _, found in unwanted for one in found}
    return tuple(one for one in every if one in kept and one.id not in dropped)


def names(word: str, check: Check[Any]) -> bool:
    """`word` is the check's id, a glob on it, its family, or one of its standards."""
    return fnmatchcase(check.id, word) or word == check.family or word.upper() in check.standards


def suggestion(word: str, every: Sequence[Check[Any]]) -> str:
    known = [*(one.id for one in every), *{one.family for one in every}]
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}? `auditor checks` lists them all" if close else "`auditor checks` lists them all"


def operations(
    every: Sequence[Operation], *, include: Iterable[str] = (), exclude: Iterable[str] = ()
) -> tuple[Operation, ...]:
    """Return the operations that `include` names (all when empty) and `exclude` does not.

    Raises `UsageError` for a selector that matches nothing, with a suggestion.
    """
    wanted, unwanted = list(include), list(exclude)
    for word in (*wanted, *unwanted):
        if every and not any(matches(word, one) for one in every):
            close = get_close_matches(word, [one.label for one in every], n=1, cutoff=0.4)
            raise UsageError(
                f"no operation matches {word!r}",
                f"did you mean {close[0]!r}?" if close else "write it as in the document: 'GET /users/*'",
            )
    kept = [one for one in every if not wanted or any(matches(word, one) for word in wanted)]
    return tuple(one for one in kept if not any(matches(word, one) for word in unwanted))


def matches(word: str, operation: Operation) -> bool:
    """A selector with a blank matches "METHOD /path", one without matches the path. `[` is a letter, braces too."""
    return matches_label(word, operation.label)


def matches_label(word: str, label: str) -> bool:
    """Match as `matches` does, where only a label is left; one without a method ("API") is matched whole."""
    path = label.partition(" ")[2] or label
    return fnmatchcase(label if " " in word else path, word.replace("[", "[[]"))
