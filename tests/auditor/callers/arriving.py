"""A world, its session to a target in memory, and all the redactor knows: for tests of how callers come to be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx

from auditor.document.openapi import Description
from auditor.evidence import Steps
from auditor.model import ANONYMOUS, Exchange, Identity, Request, Role
from auditor.secrecy.redaction import Redactor
from auditor.sending.driving import Followed, follow
from auditor.sending.session import Session
from auditor.world.world import SeededWorld
from tests.auditor.building import RUN, Answering, post, run, within, world

T = TypeVar("T")


@dataclass
class Run:
    """Wired as the runner wires them; `seen` is what would be recorded."""

    target: Answering
    description: Description
    redactor: Redactor = field(default_factory=Redactor)
    base: str = "http://api.test"
    grant_url: str = ""
    seen: list[Exchange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world: SeededWorld = world(self.description, redactor=self.redactor, grant_url=self.grant_url)
        transport = httpx.MockTransport(self.target)
        self.session = Session(self.base, run_id=RUN, redactor=self.redactor, transport=transport)
        self.session.credentials = self.world.credentials
        self.session.learners.append(self.world.observe)
        self.session.observers.append(self.seen.append)
        self.session.renew = lambda refused, used: self.world.identities.renew(refused, used, self.drive)
        self.session.freshen = lambda identity: self.world.identities.freshen(identity, self.drive)

    async def drive(self, steps: Steps[Any]) -> bool:
        followed = await follow(steps, self.session)
        if followed.bug is not None:
            raise followed.bug
        return followed.value is not None

    def within(self, course: Callable[[Session], Awaitable[T]]) -> T:
        """Open the session, as often as a test needs it."""
        self.session._clients.clear()
        return run(within(self.session, course))

    def follow(self, steps: Steps[object]) -> Followed[object]:
        followed = self.within(lambda opened: follow(steps, opened))
        if followed.bug is not None:
            raise followed.bug
        return followed

    def establish(self, *names: str) -> Followed[object]:
        def steps() -> Steps[object]:
            yield from self.world.identities.establish(names)
            return "established"

        return self.follow(steps())

    def registered(self) -> Followed[object]:
        def steps() -> Steps[object]:
            return (yield from self.world.identities.register("alice"))

        return self.follow(steps())

    def sent(self, *requests: Request) -> list[int]:
        """Send one after the other; return what they were answered."""

        async def course(opened: Session) -> list[int]:
            return [(await opened.send(one)).response.status for one in requests]

        return self.within(course)

    def as_(self, identity: Identity, *labels: str, values: Mapping[str, str] | None = None) -> list[int]:
        """Call the operations of these labels as somebody."""
        return self.sent(*(self.call(label, identity, values=values) for label in labels))

    def call(self, label: str, identity: Identity = ANONYMOUS, *, values: Mapping[str, str] | None = None) -> Request:
        method, _, path = label.partition(" ")
        operation = next(
            (one for one in self.description.document.operations if (one.method, one.path) == (method, path)), None
        )
        if method == "GET":
            return Request(method="GET", path=path, operation=operation, identity=identity, role=Role.CONTROL)
        return post(path, dict(values or {"name": "x"}), operation=operation, identity=identity, role=Role.CONTROL)

    @property
    def problem(self) -> str:
        return self.world.identities.problem

    def secrets_shown(self, *secrets: str) -> list[str]:
        """Return which of the secrets stand in what would be recorded."""
        shown = repr([(one.request, one.response.headers, one.response.body) for one in self.seen])
        return [one for one in secrets if one in shown]
