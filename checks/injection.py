"""Values that must stay values: what a caller sends never becomes part of a statement."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Judged, check
from auditor.model import Exchange, Severity, Verdict, failed, passed, unsure
from checks._injection_probes import ROUNDS, Blind, Conditions, Quoted, Quotes, conditions, quoted_values
from checks._patterns import PARSER_ERRORS, Leak, first_leak


@check(
    "injection.sql-error",
    severity=Severity.CRITICAL,
    standards=("DB-7", "VAL-4"),
    on=quoted_values,
    refs=("CWE-89", "ASVS 1.2.4"),
)
def sql_error(asked: Quotes) -> Judged:
    """Quotes never reach the SQL parser.

    Why: if a quote makes the database complain about syntax, the value was pasted into the statement, and whoever sends
    it can read and change everything that the application can.

    Fix: bind values as parameters, always. Node: `client.query('… WHERE name = $1', [name])`; SQLAlchemy:
    `text('… = :name')` with parameters; Django: the ORM, or `cursor.execute(sql, [name])`; Spring: `JdbcTemplate` with
    `?`; Go: `db.Query(sql, name)`. Choose names of columns and directions of sorting from a fixed list.

    Known limits: an error text that is hidden, with a status that does not change, is left to injection.sql-blind.
    """
    return [verdict for place in asked.places for verdict in _broken_by_quote(place)] or passed()


def _broken_by_quote(place: Quoted) -> Iterator[Verdict]:
    if found := _parser_error(place):
        kind, leak = found
        message = f"a {kind} at {place.place} was answered with {leak.name}'s words: {leak.excerpt}"
        yield failed(message, severity=Severity.CRITICAL, signature=f"{place.place} parser error")
    elif _crashes_on_quote(place):
        status = place.quote.response.status
        message = f"a quote at {place.place} was answered {status}; without it, or with two, the answer is 2xx"
        yield failed(message, severity=Severity.MEDIUM, signature=f"{place.place} status=5xx")


def _parser_error(place: Quoted) -> tuple[str, Leak] | None:
    """A complaint about syntax that the plain value does not cause, nor, between quotes, the doubled quote."""
    if first_leak(place.plain, PARSER_ERRORS):
        return None
    neutral = place.numeric or not first_leak(place.doubled, PARSER_ERRORS)
    suspects = (place.quote, *place.others) if neutral else place.others
    return next(((_kind(one), leak) for one in suspects if (leak := first_leak(one, PARSER_ERRORS))), None)


def _kind(probe: Exchange) -> str:
    return probe.request.mutation.kind if probe.request.mutation else "quote"


def _crashes_on_quote(place: Quoted) -> bool:
    return place.quote.response.status >= 500 and place.plain.succeeded and place.doubled.succeeded


@check(
    "injection.sql-blind",
    severity=Severity.CRITICAL,
    standards=("DB-7", "VAL-4"),
    on=conditions,
    refs=("CWE-89", "ASVS 1.2.4"),
)
def sql_blind(asked: Blind) -> Judged:
    """True and false conditions do not change the answer.

    Why: an answer that follows a condition we appended is an oracle: asked often enough it tells every row of every
    table, without one error message.

    Fix: bind values as parameters, always, and build `LIKE` patterns in the value, not in the statement. Node:
    `… LIKE $1` with `%${escaped}%` as the value; SQLAlchemy: `column.icontains(term, autoescape=True)`; Django:
    `name__icontains=term`; Spring Data: `findByNameContaining`; Rails: `where("name LIKE ?", ...)`.

    Known limits: where the answer changes by itself nothing is judged (delays are not tried); a place for which no
    value finds anything is not judged, unless it refuses conditions as invalid input; filters that are ignored pass.
    """
    proven = [one for one in asked.asked if len(one.rounds) == ROUNDS and one.stable() and one.suspicious()]
    if proven:
        return list(_oracles(proven))
    restless = [one.place for one in asked.asked if not one.stable()]
    if len(restless) < len(asked.asked) or (asked.closed and not asked.barren and not restless):
        return passed(note=_not_asked(asked.barren))
    if restless:
        return unsure(f"the answer changes by itself at {', '.join(restless)}")
    return unsure(f"no value of {', '.join(asked.barren)} finds anything that a false condition could take away")


def _oracles(proven: list[Conditions]) -> Iterator[Verdict]:
    """One finding per place, whatever the number of quotings in which it works."""
    for place in dict.fromkeys(one.place for one in proven):
        contexts = ", ".join(one.context for one in proven if one.place == place)
        message = f"true and false conditions after a value at {place} change the answer, {ROUNDS} times of {ROUNDS}"
        yield failed(f"{message} (context: {contexts})", signature=f"{place} follows conditions")


def _not_asked(barren: tuple[str, ...]) -> str:
    return f"no value of {', '.join(barren)} finds anything, so it was not judged" if barren else ""
