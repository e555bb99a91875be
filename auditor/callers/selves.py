"""Under which names the target itself knows our callers: the id of alice, read from what she was told about herself."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping

from auditor.callers.identities import Account, Identities
from auditor.document.schemas import mapping
from auditor.document.templates import path_values
from auditor.kinds.identifiers import ID_KEYS, WRAPPERS, is_identifier, text_of
from auditor.kinds.naming import ID_WORDS, KEY_WORDS, PEOPLE
from auditor.model import NOT_JSON, Credential, Exchange, Identity, Json, Operation
from auditor.values.makers import words

CLAIMS = ("user_id", "userId", "uid", "id", "sub")
"""Claims of a JWT that may hold the id, the clearest first."""
MOST_DEPTH = 3


class Selves:
    """Learns from raw answers to registrations, logins and "who am I"."""

    def __init__(self, identities: Identities, credentials: Mapping[str, Credential]) -> None:
        self._identities = identities
        self._credentials = credentials
        self._known: dict[str, dict[str, str]] = {}

    def of(self, identity: Identity) -> Mapping[str, str]:
        """Return member → text of what names the caller; "id" is among them where any answer told it."""
        known = dict(self._known.get(identity.name, {}))
        account = self._identities.accounts.get(identity.name)
        for name in account.names if account is not None else ():
            known.setdefault("email" if "@" in name else "username", name)
        claimed = self._claimed(identity)
        if claimed:
            known.setdefault("id", claimed)
        return known

    def forget(self, identity: Identity) -> None:
        """Forget a caller: somebody else goes by its name from now on."""
        self._known.pop(identity.name, None)

    def observe(self, raw: Exchange) -> None:
        """Learn from what was said to a caller of ours about itself."""
        operations = self._identities.operations
        account = self._identities.accounts.get(raw.request.identity.name)
        if account is None or raw.operation is None or not raw.response.succeeded or raw.request.mutation is not None:
            return
        if self.registers(raw.operation) and raw.operation.path_parameters:
            chosen = path_values(raw.operation.path, raw.request.path)
            self._known.setdefault(account.identity.name, {}).setdefault("id", next(iter(chosen.values()), ""))
        whole = self.registers(raw.operation) or raw.operation is operations.whoami
        login = account.login.operation if account.login is not None else operations.login
        if whole or raw.operation is login:
            self._learn(account, raw.response.json(), whole=whole)

    def registers(self, operation: Operation | None) -> bool:
        known = self._identities.operations
        return operation is not None and operation in (known.register, known.upsert)

    def _learn(self, account: Account, body: Json, *, whole: bool) -> None:
        known = self._known.setdefault(account.identity.name, {})
        for node in own_nodes(body, account.names, whole=whole):
            for key, text in own_names(node, whole=True).items():
                known.setdefault(key, text)
        for key, text in own_names(mapping(body), whole=False).items():
            known.setdefault(key, text)

    def _claimed(self, identity: Identity) -> str:
        credential = self._credentials.get(identity.name)
        claims = claims_of(credential.token) if credential is not None else {}
        found = (claims[key] for key in CLAIMS if is_identifier(claims.get(key)))
        return next((text_of(one) for one in found if "@" not in str(one)), "")


def own_nodes(body: Json, names: tuple[str, ...], *, whole: bool) -> list[Mapping[str, Json]]:
    """Return the objects that are about the caller, the surest first: that hold a name of theirs, that are called so.

    `whole` says that the answer is about nobody else.
    """
    if body is NOT_JSON:
        return []
    every = list(nodes(body))
    told = [node for _, node in every if any(value in names for value in node.values() if isinstance(value, str))]
    named = [node for key, node in every if set(words(key)) & PEOPLE]
    rest = [node for key, node in every if whole and key in {"", *WRAPPERS}]
    return [*told, *named, *rest]


def nodes(body: Json, key: str = "", depth: int = 0) -> Iterator[tuple[str, Mapping[str, Json]]]:
    """Yield every object of an answer with the member it lies in, outermost first."""
    node = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(node, Mapping) or depth > MOST_DEPTH:
        return
    yield key, node
    for name, value in node.items():
        yield from nodes(value, str(name), depth + 1)


def own_names(node: Mapping[str, Json], *, whole: bool) -> dict[str, str]:
    """Return what names the caller in an object: its own id and keys, or only what says that it is a user's."""
    found: dict[str, str] = {}
    for key, value in node.items():
        spoken = words(str(key))
        if not spoken or not is_identifier(value):
            continue
        users = len(spoken) > 1 and spoken[-2] in PEOPLE and spoken[-1] in ID_WORDS
        if users or (whole and key in ID_KEYS):
            found.setdefault("id" if spoken[-1] == "id" or users else str(key), text_of(value))
        elif whole and len(spoken) == 1 and spoken[0] in KEY_WORDS:
            found.setdefault(str(key), text_of(value))
    return found


def claims_of(token: str) -> Mapping[str, Json]:
    """Return the claims of a JWT, unverified; {} for any other token."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        return mapping(json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (ValueError, binascii.Error):
        return {}
