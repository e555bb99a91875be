"""What would let a refused operation be reached: one line of auditor.yaml, or what has to be done elsewhere."""

from __future__ import annotations

import json

from auditor.model import Exchange, Location, Operation

BROKEN = frozenset({500, 501, 502, 505})


def unlocks(refused: Exchange) -> str:
    """Return the line for an operation that was refused; "" where no line of ours would help."""
    operation, status = refused.operation, refused.response.status
    who = refused.request.identity
    if status in BROKEN or status == 405 or operation is None:
        return ""
    if status == 401:
        return f"identities: {{{'alice' if who.anonymous else who.name}: {{bearer: '${{TOKEN}}'}}}}"
    if status == 403 and who.role != "admin":
        return "identities: {root: {role: admin, bearer: '${ROOT_TOKEN}'}}"
    return line(operation)


def line(operation: Operation) -> str:
    """Return the line that gives the operation the values nobody tells; "" where it may be given none."""
    wanted = [f"{one.location}/{one.name}" for one in operation.parameters if asked(operation, one.location)]
    body = ["body/…"] if operation.body is not None and not operation.safe else []
    places = [*wanted[:2], *body]
    if not places:
        return ""
    values = ", ".join(f"{place}: …" for place in places)
    return f"operations: [{{match: {json.dumps(operation.label)}, values: {{{values}}}}}]"


def asked(operation: Operation, location: Location) -> bool:
    """A writing operation works on objects of the audit's own: its path is not for the user to fill."""
    return location is not Location.PATH or operation.safe
