"""What has to happen before what: deeds in the order in which things live, and what undoes what."""

from __future__ import annotations

from auditor.values.makers import words

STAGES: tuple[frozenset[str], ...] = (
    frozenset({"draft", "init", "initialize", "prepare", "open"}),
    frozenset({"add", "attach", "upload", "assign", "link", "invite", "join", "connect", "items", "lines"}),
    frozenset({"submit", "request", "propose", "queue", "enqueue", "register", "schedule", "place", "placed", "send"}),
    frozenset({"verify", "validate", "check", "review", "reviewed", "submitted", "pending"}),
    frozenset({"confirm", "confirmed", "accept", "accepted", "acknowledge", "claim", "reserve", "book"}),
    frozenset({"approve", "approved", "authorize", "authorise", "sign"}),
    frozenset({"checkout", "pay", "paid", "payment", "payments", "charge", "capture", "captured", "fund"}),
    frozenset({"activate", "active", "enable", "enabled", "publish", "published", "release", "deploy", "lock"}),
    frozenset({"start", "started", "begin", "run", "execute", "process", "processing", "trigger", "progress"}),
    frozenset({"pack", "packed", "fulfill", "fulfil", "ship", "shipped", "dispatch", "dispatched", "issue", "transit"}),
    frozenset({"deliver", "delivered", "receive", "received", "pickup"}),
    frozenset({"stop", "stopped", "pause", "paused", "suspend", "suspended", "hold"}),
    frozenset({"complete", "completed", "finish", "finished", "resolve", "resolved", "done", "settle", "settled"}),
    frozenset({"return", "returned", "refund", "refunded", "rate", "feedback"}),
    frozenset({"deactivate", "disable", "disabled", "unpublish", "reject", "rejected", "decline", "declined", "fail"}),
    frozenset({"close", "closed", "archive", "archived", "cancel", "cancelled", "canceled", "expire", "expired"}),
    frozenset({"abort", "terminate", "void", "revoke", "withdraw", "delete", "deleted", "remove", "trash", "destroy"}),
)
"""The life of most things, earliest first; a deed and the state it leads to share a stage."""
UNKNOWN = 8.5
"""Where a word that is not in the list is tried: after the beginning, before the end."""
ENDING = 12
"""Stages from here on lead out of a life, so they come last or not at all."""
UNDOES: dict[str, frozenset[str]] = {
    "restore": frozenset({"delete", "remove", "archive", "trash", "destroy"}),
    "undelete": frozenset({"delete", "remove", "trash"}),
    "recover": frozenset({"delete", "remove", "trash"}),
    "reopen": frozenset({"close", "resolve", "complete", "finish", "archive", "cancel"}),
    "resume": frozenset({"pause", "suspend", "stop", "hold"}),
    "continue": frozenset({"pause", "suspend"}),
    "restart": frozenset({"stop", "start"}),
    "retry": frozenset({"fail", "cancel", "reject", "run", "execute"}),
    "enable": frozenset({"disable"}),
    "activate": frozenset({"deactivate", "suspend", "disable"}),
    "reactivate": frozenset({"deactivate", "suspend", "disable", "cancel"}),
    "disconnect": frozenset({"connect"}),
    "deactivate": frozenset({"activate"}),
    "disable": frozenset({"enable"}),
    "leave": frozenset({"join"}),
    "return": frozenset({"borrow", "deliver", "ship", "rent", "checkout", "lend"}),
    "checkin": frozenset({"checkout"}),
    "checkout": frozenset({"checkin"}),
    "refund": frozenset({"pay", "charge", "capture", "payment", "payments"}),
    "release": frozenset({"reserve", "hold", "lock", "claim"}),
    "revoke": frozenset({"grant", "issue", "invite"}),
    "detach": frozenset({"attach"}),
    "dequeue": frozenset({"enqueue", "queue"}),
    "promote": frozenset({"demote"}),
    "start": frozenset({"stop"}),
}
"""A deed to those of which one must have come before."""


def rank(name: str) -> float:
    """Return where in a life a deed or a state stands; 8.5 for one that is not known."""
    spoken = set(words(name)) | {"".join(words(name))}
    return next((float(index) for index, stage in enumerate(STAGES) if spoken & stage), UNKNOWN)


def undone_by(name: str) -> frozenset[str]:
    """Return the deeds that this one takes back, one of which has to come first: archive before unarchive."""
    spoken = words(name)
    found: set[str] = set()
    for word in spoken:
        found |= UNDOES.get(word, frozenset())
        if word.startswith("un") and len(word) > 4:
            found.add(word[2:])
    if len(spoken) > 1 and spoken[0] == "un":
        found.add(spoken[1])
    return frozenset(found)
