"""Reads and writes points in time in the form a field has them: dates, date-times, times of day, Unix seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from auditor.model import Json

DATE = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?")
MILLISECONDS = 100_000_000_000
"""Unix times from here on count milliseconds: as seconds they would lie in the year 5138."""
SATURDAY = 5


def parsed(value: Json, form: str = "") -> datetime | None:
    """Return the point in time that a value names, in UTC; None when it names none. A time of day counts as today's."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        seconds = value / 1000 if value >= MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC) if 100_000_000 <= seconds < 10_000_000_000 else None
    if not isinstance(value, str):
        return None
    try:
        if form:
            return datetime.strptime(value, form).replace(tzinfo=UTC)
        if CLOCK.fullmatch(value):
            return datetime.combine(date.today(), time.fromisoformat(value.rstrip("Z")), UTC)
        if not DATE.match(value):
            return None
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def written(moment: datetime, *, like: Json, keywords: Mapping[str, Json]) -> Json:
    """Write a point in time as the keywords say, else in the form of another value."""
    form, kind = keywords.get("strftime"), keywords.get("format")
    if isinstance(form, str):
        return moment.strftime(form)
    if isinstance(like, int | float) and not isinstance(like, bool):
        return int(moment.timestamp() * (1000 if like >= MILLISECONDS else 1))
    text = like if isinstance(like, str) else ""
    if kind == "date" or (kind is None and DATE.fullmatch(text)):
        return moment.date().isoformat()
    if kind == "time" or (kind is None and CLOCK.fullmatch(text)):
        return moment.strftime("%H:%M:%S" if text.count(":") != 1 else "%H:%M")
    zoned = not DATE.match(text) or bool(re.search(r"(?:Z|[+-]\d\d:?\d\d)$", text)) or kind is not None
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if zoned else "")


def noon(day: date, *, hour: int = 12) -> datetime:
    """Return a working day's hour, the next such day where the day is none."""
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return datetime.combine(day, time(hour), UTC)


def working_day(day: date, count: int) -> date:
    """Return the working day so many working days behind the Monday that follows a day."""
    monday = day + timedelta(days=7 - day.weekday())
    return monday + timedelta(days=count // 5 * 7 + count % 5)


def after(value: Json, form: str = "") -> datetime | None:
    """Return a point in time behind another: a day behind dates, an hour behind the rest."""
    found = parsed(value, form)
    if found is None:
        return None
    whole_day = isinstance(value, str) and not re.search(r"\d:\d\d", value)
    return noon((found + timedelta(days=1)).date()) if whole_day else found + timedelta(hours=1)
