"""What the inside of a server looks like when it shows: traces, driver texts, paths, addresses.

Every pattern is anchored in words that do not occur by chance and spans at most 80 characters between its anchors,
so a hostile answer cannot make one slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from auditor import compare
from auditor.model import NOT_JSON, Exchange, Response

LONGEST_TEXT = 50_000


class Leak(NamedTuple):
    """A pattern that matched: its name, for signatures, and what it matched, shortened."""

    name: str
    excerpt: str


def _compiled(*patterns: tuple[str, str]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((name, re.compile(pattern)) for name, pattern in patterns)


TRACES = _compiled(
    ("python trace", r"Traceback \(most recent call last\):|File \"[^\"\n]{1,80}\", line \d+, in "),
    ("java trace", r"\bat [\w.$/]{1,80}\([\w$]{1,60}\.(?:java|kt|scala|groovy):\d+\)"),
    ("node trace", r"\bat (?:[^\n()]{1,80} \()?(?:file://|node:|/|[A-Z]:\\)[^\s()]{1,80}:\d+:\d+\)?"),
    (
        "go trace",
        r"\bgoroutine \d+ \[[a-z ,\d]{1,40}\]:|\bruntime error: (?:index out of range|invalid memory address)",
    ),
    ("ruby trace", r"[\w./-]{1,80}\.rb:\d+:in [`'][^'\n]{1,60}'"),
    ("php trace", r"\bin /[^\s:]{1,80}\.php(?: on line |:)\d+|#\d{1,3} /[^\s(]{1,80}\.php\(\d+\): "),
    (".net trace", r"\bat [\w.<>`]{1,80}\([^()\n]{0,80}\) in [^\n]{1,80}\.(?:cs|vb|fs):line \d+"),
)

PARSER_ERRORS = _compiled(
    (
        "postgresql",
        r"syntax error at or near \"|unterminated quoted (?:string|identifier) at or near|syntax error at end",
    ),
    ("mysql", r"You have an error in your SQL syntax|manual that corresponds to your (?:MySQL|MariaDB) server version"),
    ("sqlite", r"near \"[^\"\n]{1,80}\": syntax error|unrecognized token: \"|SQLITE_ERROR: [^\n]{0,60}syntax error"),
    ("sqlite", r"sqlite3?\.\w{0,40}Error[^\n]{1,20}incomplete input"),
    ("oracle", r"ORA-(?:00933|00936|01756|00921|00911|01789|00907): |quoted string not properly terminated"),
    (
        "sql server",
        r"Unclosed quotation mark (?:after|before) the character string|Incorrect syntax near (?:'|the keyword)",
    ),
    ("db2", r"SQLCODE=-\d{1,5}, SQLSTATE=42\d{3}"),
    ("odbc", r"\[(?:ODBC|Microsoft)[^\]\n]{1,60}\]\[[^\]\n]{1,60}\][^\n]{0,60}[Ss]yntax error"),
)
"""Texts with which a database's parser complains: someone else's quote reached it."""

DATABASE_TEXTS = _compiled(
    (
        "postgresql",
        r"relation \"[^\"\n]{1,63}\" does not exist|column \"?[\w.]{1,63}\"? (?:of relation .{1,70})?does not exist",
    ),
    (
        "postgresql",
        r"duplicate key value violates unique constraint|violates (?:foreign key|check|not-null) constraint",
    ),
    ("postgresql", r"invalid input syntax for (?:type )?(?:integer|bigint|uuid|numeric|boolean|timestamp|date|json)\b"),
    (
        "mysql",
        r"Duplicate entry '[^'\n]{0,80}' for key|Unknown column '[^'\n]{1,64}' in '|Table '[^'\n]{1,80}' doesn't exist",
    ),
    ("mysql", r"Cannot (?:add or update|delete or update) a (?:child|parent) row: a foreign key constraint fails"),
    ("sqlite", r"(?:UNIQUE|NOT NULL|FOREIGN KEY|CHECK) constraint failed|no such (?:table|column): \w{1,64}"),
    ("sqlite", r"SQLITE_(?:CONSTRAINT|MISMATCH|BUSY|ERROR)\b"),
    ("oracle", r"\bORA-\d{5}: "),
    (
        "sql server",
        r"Conversion failed when converting the \w{1,20} value|Violation of (?:UNIQUE|PRIMARY) KEY constraint",
    ),
    ("mongodb", r"E11000 duplicate key error collection|Cast to ObjectId failed for value|MongoServerError: "),
    ("sql state", r"\bSQLSTATE\[\w{5}\]"),
    ("prisma", r"Invalid `prisma\.\w{1,60}\.\w{1,40}\(\)` invocation"),
    ("statement", r"\bSELECT\s.{1,80}\sFROM\s.{1,80}\sWHERE\s|\bINSERT INTO\s.{1,80}\sVALUES\s?\("),
    ("statement", r"\[SQL: (?:SELECT|INSERT|UPDATE|DELETE)\b"),
)

INNER_DETAILS = _compiled(
    ("path", r"(?<![\w:/.])/(?:home|usr|var|opt|srv|root|etc|Users|tmp)/[\w.@-]{1,60}/[\w.@-]{1,60}"),
    ("path", r"(?<![\w:/.])(?:/[\w.@-]{1,60}){2,8}\.(?:py|js|ts|mjs|rb|php|java|kt|go|cs|so|jar|ini|sqlite3?)\b"),
    ("path", r"\b[A-Z]:\\(?:[\w .-]{1,60}\\){1,8}[\w .-]{1,60}"),
    ("private address", r"(?<![\d.])(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(?![\d.])"),
    (
        "driver exception",
        r"\b(?:psycopg2?|asyncpg|pymysql|MySQLdb|sqlite3|sqlalchemy|pymongo|redis|django\.db)\.[\w.]{1,80}",
    ),
    (
        "driver exception",
        r"\b(?:java\.(?:lang|sql|io|util)|org\.(?:springframework|hibernate|postgresql))\.[\w.$]{1,80}Exception\b",
    ),
    (
        "driver exception",
        r"\b(?:System|Microsoft|Npgsql)\.[\w.]{1,80}Exception\b|\b(?:PG|ActiveRecord|Mysql2)::\w{1,60}",
    ),
    ("driver exception", r"\bSequelize\w{0,40}Error\b|\bPDOException\b|\bQueryFailedError\b"),
)


def visible_text(response: Response) -> str:
    """What a reader sees: for JSON the strings themselves (line breaks unescaped), otherwise the body."""
    body = response.json()
    if body is NOT_JSON or not isinstance(body, (dict, list)):
        return response.text[:LONGEST_TEXT]
    return "\n".join(str(leaf) for _, leaf in compare.walk(body))[:LONGEST_TEXT]


def carried(exchange: Exchange) -> str:
    """Everything the request itself said, so that an echo is not taken for a leak."""
    request = exchange.request
    texts = [request.url, unquote_plus(request.url), request.body.decode("utf-8", "replace")]
    texts += [value for _, value in request.headers]
    texts += [str(leaf) for _, leaf in compare.walk(request.json())]
    return "\n".join(texts)


def first_leak(exchange: Exchange, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> Leak | None:
    """Return the first match that the request did not carry itself."""
    return next(_leaks(exchange, patterns), None)


def _leaks(exchange: Exchange, patterns: Sequence[tuple[str, re.Pattern[str]]]) -> Iterator[Leak]:
    text, sent = visible_text(exchange.response), carried(exchange)
    for name, pattern in patterns:
        for match in pattern.finditer(text):
            if match.group(0) not in sent:
                yield Leak(name, " ".join(match.group(0).split())[:80])
