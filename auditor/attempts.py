"""Calls one operation in the ways that may work, until it is accepted or there is nothing left to try.

First the request filled in as far as the document goes, then its required members alone, then what the refusals say
is wrong, mended. What worked is remembered, so that every later request of the operation is made that way.
"""

from __future__ import annotations

from auditor.evidence import Stage, Steps, ask
from auditor.memory import Memory
from auditor.mending import Mender
from auditor.model import Exchange, Role
from auditor.requests import Requests

ANOTHER_WAY_MAY_HELP = frozenset({400, 409, 415, 422, 500})
MOST_MENDED = 6
"""Requests in a row that are mended by the last refusal."""


class Attempts:
    """Turns an operation and a caller into an accepted exchange, if it can be done."""

    def __init__(self, *, memory: Memory, requests: Requests, mender: Mender) -> None:
        self._memory = memory
        self._requests = requests
        self._mender = mender

    def until_accepted(self, stage: Stage, *, purpose: str) -> Steps[Exchange]:
        """Return the exchange that was accepted, or the last refusal. Raises `Unavailable` when nobody answers."""
        answered = yield from self._in_every_style(stage, purpose)
        for _ in range(MOST_MENDED):
            if answered.succeeded or not self._mender.learn(answered):
                break
            answered = yield from self._asked(stage, purpose, self._memory.style.get(stage.operation.label, ""))
        return answered

    def _in_every_style(self, stage: Stage, purpose: str) -> Steps[Exchange]:
        styles = self._memory.styles(stage.operation)
        answered = yield from self._asked(stage, purpose, styles[0])
        for style in styles[1:]:
            if answered.response.status not in ANOTHER_WAY_MAY_HELP:
                break
            answered = yield from self._asked(stage, purpose, style)
        return answered

    def _asked(self, stage: Stage, purpose: str, style: str) -> Steps[Exchange]:
        answered = yield from ask(self._requests.build(stage, purpose=purpose, role=Role.SETUP, style=style))
        if answered.succeeded and style:
            self._memory.style[stage.operation.label] = style
        return answered
