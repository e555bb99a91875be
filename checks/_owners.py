"""What shows whose data an answer holds, and whether a write did anything: shared by auth and authz."""

from __future__ import annotations

import re

from auditor import compare
from auditor.evidence import Contrast, fresh_values, values_of
from auditor.model import NOT_JSON, Exchange, Request, Response

CANARY = re.compile(r"aud[0-9a-f]{12}")
"""The marker that lies in every object of a run."""


def refused(exchange: Exchange) -> bool:
    """Nothing was granted. 400 and 422 count: the same request with credentials is known to be valid."""
    return exchange.denied or 400 <= exchange.response.status < 500


def holds_nothing(exchange: Exchange) -> bool:
    """An empty JSON answer, or an empty list without a word around it (counters do not speak)."""
    body = exchange.response.json()
    if body is NOT_JSON:
        return False
    leaves = [leaf for _, leaf in compare.walk(body)]
    return not body or ([] in leaves and not any(isinstance(leaf, str) and leaf for leaf in leaves))


def writes(asked: Contrast) -> bool:
    operation = asked.changed.operation
    return operation is not None and not operation.safe


def shows_nothing(asked: Contrast) -> bool:
    """The object could be read after the write and a change would have shown."""
    changed, effect = asked.changed.request, asked.effect
    if effect is None or not effect.succeeded:
        return False
    if changed.method == "DELETE":
        return effect.request.path == changed.path
    return bool(fresh_values(changed.json() or {}) - values_of(asked.control))


def owners_values(asked: Contrast) -> frozenset[str]:
    """What only the owner's object holds, in both answers: the run's canary, or the id that the path names."""
    ids = path_values(asked.control.request)
    mine, shown = (compare.telling_values(one.response.json() or {}) for one in (asked.control, asked.changed))
    return shared_canaries(asked) | frozenset(ids & mine & shown)


def shared_canaries(asked: Contrast) -> frozenset[str]:
    """Values with a canary in both answers that the question itself did not carry."""
    mine, shown = (canaried(one.response) for one in (asked.control, asked.changed))
    return (mine & shown) - {value for _, value in asked.changed.request.query}


def canaried(response: Response) -> frozenset[str]:
    """Return the values that hold a canary; of text, the canaries themselves."""
    body = response.json()
    if body is NOT_JSON:
        return frozenset(CANARY.findall(response.text))
    return frozenset(value for value in compare.telling_values(body) if CANARY.search(value))


def sent_values(request: Request) -> frozenset[str]:
    body = request.json()
    return frozenset() if body is NOT_JSON else compare.telling_values(body)


def path_values(request: Request) -> frozenset[str]:
    """Return what the path parameters were filled with."""
    if request.operation is None:
        return frozenset()
    pairs = zip(request.operation.path.split("/"), request.path.split("/"), strict=False)
    return frozenset(value for template, value in pairs if template.startswith("{"))
