"""Calls one operation in the ways that may work, until it is accepted or there is nothing left to try.

First the request filled in as far as the document goes, then its required members alone; each is mended by what its
refusal says is wrong. What worked is remembered, so that every later request of the operation is made that way.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from auditor.compare import general, walk
from auditor.evidence import Stage, Steps, ask
from auditor.knowledge.memory import Memory
from auditor.model import NOT_JSON, Exchange, Request, Role
from auditor.repair.mending import Mender
from auditor.world.requests import Requests

ANOTHER_WAY_MAY_HELP = frozenset({400, 409, 415, 422, 500, 501})
REDIRECTS = frozenset({301, 302, 307, 308})
MOST_MENDED = 6
"""Requests that are mended by the refusal before them."""


class Attempts:
    """Turns an operation and a caller into an accepted exchange, if it can be done."""

    def __init__(self, *, memory: Memory, requests: Requests, mender: Mender) -> None:
        self._memory = memory
        self._requests = requests
        self._mender = mender

    def until_accepted(
        self, stage: Stage, *, purpose: str, prepare: Callable[[], Steps[None]] | None = None
    ) -> Steps[Exchange]:
        """Return the exchange that was accepted, or the last refusal. Raises `Unavailable` when nobody answers.

        `prepare` makes what a mended request may point to.
        """
        first, *others = self._memory.styles(stage.operation)
        answered, left = yield from self._mended(stage, purpose, first, MOST_MENDED, prepare)
        sent = {outline(answered.request)}
        for style in others:
            if not another_may_help(answered):
                break
            if outline(self._requests.build(stage, purpose=purpose, role=Role.SETUP, style=style)) in sent:
                continue
            answered, left = yield from self._mended(stage, purpose, style, left, prepare)
            sent.add(outline(answered.request))
        return answered

    def _respelled(self, answered: Exchange) -> bool:
        """A redirect that only adds or takes a slash at the end tells how the path is spelled; learned once."""
        operation, location = answered.operation, answered.response.header("location")
        if operation is None or location is None or answered.response.status not in REDIRECTS:
            return False
        asked, target = answered.request.path, urlsplit(location).path
        same = target.rstrip("/").endswith(asked.rstrip("/")) and target.endswith("/") != asked.endswith("/")
        if not same or operation.label in self._memory.slashed:
            return False
        self._memory.slashed[operation.label] = target.endswith("/")
        return True

    def _mended(
        self, stage: Stage, purpose: str, style: str, most: int, prepare: Callable[[], Steps[None]] | None
    ) -> Steps[tuple[Exchange, int]]:
        """Ask, and ask again as long as the refusal teaches something; return how many tries are left as well."""
        operation = stage.operation
        while True:
            knew = self._mender.known(operation)
            answered = yield from ask(self._requests.build(stage, purpose=purpose, role=Role.SETUP, style=style))
            if answered.reached:
                self._memory.style[operation.label] = style
                self._mender.worked(operation, knew)
                return answered, most
            if self._respelled(answered):
                continue
            if not self._mender.learn(answered, knew) or most == 0:
                return answered, most
            most -= 1
            if prepare is not None:
                yield from prepare()


def another_may_help(refused: Exchange) -> bool:
    """Say whether another body may be accepted; a 404 is about the body where the path names nothing."""
    status, operation = refused.response.status, refused.operation
    named = operation is None or bool(operation.path_parameters)
    return status in ANOTHER_WAY_MAY_HELP or (status == 404 and not named)


def outline(request: Request) -> frozenset[tuple[str, str]]:
    """Return what a request consists of: the places it fills, and the words that are no values of its own."""
    body = request.json()
    leaves = walk(body) if body is not NOT_JSON else [("", request.body and "something")]
    found = {
        (general(pointer), value if isinstance(value, str) and value.isalpha() else "") for pointer, value in leaves
    }
    return frozenset(found | {(f"?{name}", "") for name, _ in request.query})
