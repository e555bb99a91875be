"""Audits a drawn backend in process, up to the last seeded request, and tells what came of it."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from auditor.course import runner
from auditor.model import Audit, Credential, Json
from auditor.progress import SilentProgress
from auditor.sending.session import Bounds
from auditor.settings.order import IdentityOrder, Order
from tests.random_backends.drawn import Backend, Entry
from tests.random_backends.guarding import ADMIN, KEYS
from tests.random_backends.routes import Deed
from tests.random_backends.serving import Server

TARGET = "http://drawn.test"
RUN = "aud0123456789ab"
USERS = "users"


@dataclass(frozen=True, kw_only=True)
class Course:
    """An audit that is over, and the server it was made of."""

    server: Server
    audit: Audit


def audited(backend: Backend, *, salt: str = "", seed: str = "0", concurrency: int = 1) -> Course:
    """Find, seed and settle a fresh server of the backend; no check is held against it."""
    server = Server(backend, salt=salt)
    with tempfile.TemporaryDirectory(prefix="auditor-drawn-") as folder:
        order = Order(
            target=TARGET + backend.prefix,
            document=f"{TARGET}/openapi.json",
            base_url=TARGET,
            output=Path(folder),
            run_id=RUN,
            seed=seed,
            identities=configured(backend),
            bounds=Bounds(concurrency=concurrency),
            writes=True,
            transport=httpx.ASGITransport(app=server),
        )
        return Course(server=server, audit=asyncio.run(runner.audit(order, checks=(), progress=SilentProgress())))


def configured(backend: Backend) -> tuple[IdentityOrder, ...]:
    """Return the identities that a user of this backend would have to name."""
    entry, admin = backend.access.entry, backend.access.admin
    if entry is Entry.KEY:
        held = {"alice": "user", "bob": "user", **({ADMIN: "admin"} if admin else {})}
        return tuple(
            IdentityOrder(
                name=name.partition("@")[0], role=role, credential=Credential(headers=(("x-api-key", KEYS[name]),))
            )
            for name, role in held.items()
        )
    if not admin:
        return ()
    bearer = Credential(headers=(("authorization", f"Bearer {KEYS[ADMIN]}"),))
    return (IdentityOrder(name="root", role="admin", credential=bearer),)


# --- what is asked of a course ------------------------------------------------------------------------------


def unreached(course: Course) -> dict[str, str]:
    """Return the operations that never answered 2xx, by what the server saw or by what the audit says, and why."""
    answered = {one.label for one in course.server.seen if 200 <= one.status < 300}
    said = {one.operation: one for one in course.audit.reach.by_operation}
    return {
        route.label: said[route.label].blocked_by if route.label in said else "not in the audit"
        for route in course.server.routes
        if route.deed is not Deed.WIPE
        and (route.label not in answered or route.label not in said or not said[route.label].succeeded)
    }


def left(course: Course) -> dict[str, list[Json]]:
    """Return what is there now, was not before, and could have been removed: rows by kind, and users."""
    kinds = course.server.backend.kinds
    stuck = {one.noun for kind in kinds if not kind.removed for one in (*course.server.backend.ancestors(kind), kind)}
    leave = any(route.deed is Deed.LEAVE for route in course.server.routes)
    kept = stuck if leave else {*stuck, USERS}
    return {name: found for name, found in new(course).items() if name not in kept}


def untold(course: Course) -> list[str]:
    """Return the ids and names of what is left without a word about it in the audit."""
    told = "\n".join(course.audit.leftovers)
    every = [one if name == USERS else one["id"] for name, found in new(course).items() for one in found]
    return [one for one in every if one not in told]


def overtold(course: Course) -> tuple[str, ...]:
    """Return what the audit says is left although nothing is."""
    return () if new(course) else course.audit.leftovers


def new(course: Course) -> dict[str, list[Json]]:
    """Return what is there now and was not before."""
    server = course.server
    now, before = server.store.snapshot(), server.store.strange
    rows = {noun: [row for id, row in table.items() if id not in before[noun]] for noun, table in now.items()}
    users = sorted(server.guard.users() - server.users_before)
    return {name: found for name, found in {**rows, USERS: users}.items() if found}


def altered(course: Course) -> dict[str, list[str]]:
    """Return the rows of others that are not as they were, byte for byte."""
    now, before = course.server.store.snapshot(), course.server.store.strange
    changed = {
        noun: [id for id, row in table.items() if written(now[noun].get(id)) != written(row)]
        for noun, table in before.items()
    }
    users = sorted(course.server.users_before - course.server.guard.users())
    return {name: found for name, found in {**changed, USERS: users}.items() if found}


def written(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def requests(course: Course) -> list[str]:
    """Return what was asked, in order: ids by when they were given, passwords by when they were first sent."""
    given = {made: f"<id {number}>" for number, made in enumerate(course.server.store.given)}
    pattern = re.compile("|".join(map(re.escape, given)) or r"(?!)")
    passwords: dict[str, str] = {}
    lines = []
    for one in course.server.seen:
        for password in passwords_in(one.body):
            passwords.setdefault(password, f"<password {len(passwords)}>")
        line = f"{one.method} {one.path}?{one.query} {one.caller} {one.media} {one.body}"
        for password, name in passwords.items():
            line = line.replace(password, name)
        lines.append(pattern.sub(lambda found: given[found[0]], line))
    return lines


def passwords_in(body: str) -> Iterator[str]:
    """Yield the passwords of a JSON body or a form."""
    yield from re.findall(r'"password": ?"([^"]+)"', body)
    yield from re.findall(r"(?:^|&)password=([^&]+)", body)
