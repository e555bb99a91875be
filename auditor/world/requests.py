"""Builds valid requests: sampled values, what only the run knows laid over them, then the changes of a probe."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from auditor.callers.credentials import REFRESH_KEYS
from auditor.callers.identities import Identities, new_password
from auditor.document.openapi import Description
from auditor.evidence import ABSENT, Change, Stage
from auditor.kinds import sign_in
from auditor.kinds.relations import Relations
from auditor.kinds.sign_in import SignIn
from auditor.knowledge.learned import Learned
from auditor.knowledge.memory import Memory, Style
from auditor.knowledge.needs import Need, Place, Way
from auditor.model import ANONYMOUS, Credential, Field, Identity, Json, Location, Mutation, Operation, Request, Role
from auditor.repair.fulfilling import Maker, fulfilled
from auditor.values.examples import Sampler
from auditor.values.serialising import Values, serialise, set_at, value_at
from auditor.world.pointing import Pointing

NO_CREDENTIAL = Credential()


class Requests:
    """Makes the golden request of an operation anew, for a caller and the objects of a stage."""

    def __init__(
        self,
        description: Description,
        sampler: Sampler,
        *,
        relations: Relations,
        pointing: Pointing,
        learned: Learned,
        memory: Memory,
        identities: Identities,
        know: Callable[[str, str, str], None],
    ) -> None:
        self.sampler = sampler
        self._description = description
        self._relations = relations
        self._pointing = pointing
        self._learned = learned
        self._memory = memory
        self._identities = identities
        self._know = know
        self._rng = Random(sampler.seed)
        self._counter: Iterator[int] = itertools.count(1)

    @property
    def _sign_in(self) -> SignIn:
        return self._identities.operations

    def number(self) -> int:
        """Return the next number for a value that must be unique."""
        return next(self._counter)

    def build(
        self,
        stage: Stage,
        *,
        purpose: str,
        role: Role,
        identity: Identity | None = None,
        credential: Credential | None = None,
        changes: Sequence[Change] = (),
        shared: bool = False,
        style: str = "",
    ) -> Request:
        """Sample, overlay, change, write down. Sign-in operations are called without a credential."""
        operation = stage.operation
        count = 0 if operation.safe else self.number()
        style = style or self._memory.style.get(operation.label, Style.FULL)
        values = self._values(operation, style, count)
        for name, value in stage.bindings.items():
            values = set_at(values, Location.PATH, f"/{name}", value)
        known = (*self._references(stage, values, style, count), *self._overlay(stage), *stage.carried)
        known = (*known, *self._pinned(operation))
        overlay = {(location, pointer): value for location, pointer, value in known}
        for (location, pointer), value in overlay.items():
            values = set_at(values, location, pointer, value)
        carried = {(location, pointer) for location, pointer, _ in stage.carried}
        values = self._mended(operation, values, count, actor=stage.actor, kept=overlay, carried=carried)
        for change in changes:
            values = set_at(values, change.location, change.pointer, change.value)
        if credential is None and operation in self._sign_in.outside:
            credential = self._identities.at_the_door()
        slashed = self._memory.slashed.get(operation.label)
        return written(
            operation,
            values,
            slashed=slashed,
            identity=stage.actor if identity is None else identity,
            credential=credential,
            role=role,
            purpose=purpose,
            mutation=changes[0].mutation if changes else None,
            shared=shared,
        )

    def draft(
        self,
        operation: Operation,
        *,
        identity: Identity,
        purpose: str,
        overlay: Mapping[str, Json],
        placed: Mapping[Place, Json],
        style: str = "",
    ) -> Request:
        """Build a request of somebody who has no credential yet, with some values given."""
        count = 0 if operation.safe else self.number()
        values = self._values(operation, style or self._memory.style.get(operation.label, Style.FULL), count)
        pinned = {(location, pointer): value for location, pointer, value in self._pinned(operation)}
        kept = {**pinned, **placed, **{(Location.BODY, pointer): value for pointer, value in overlay.items()}}
        for (location, pointer), value in kept.items():
            values = set_at(values, location, pointer, value)
        values = self._mended(operation, values, count, actor=identity, kept=kept)
        return written(operation, values, identity=identity, credential=NO_CREDENTIAL, role=Role.SETUP, purpose=purpose)

    def login(self, *, identity: Identity | None, username: str | None, password: str | None) -> Request:
        """Build a login asked by nobody in particular: of an account of ours, or of one that does not exist."""
        account = self._identities.accounts.get(identity.name) if identity is not None else None
        secret = password or (account.password if account else "") or new_password(self._rng)
        if account is None or secret != account.password:
            self._know("visitor", "password", secret)
        made_up = (f"{self.sampler.canary}.{self.number()}@example.com",)
        names = (username,) if username else (account.names if account else ()) or made_up
        return self._identities.login_request(names=names, password=secret, identity=ANONYMOUS)

    def _values(self, operation: Operation, style: str, count: int) -> Values:
        branch = int(style == Style.BRANCHED)
        values = self.sampler.fresh(operation, count, minimal=style != Style.FULL, branch=branch)
        optional = operation.body is not None and not operation.body.required
        return replace(values, body=ABSENT, media_type="") if style == Style.BARE and optional else values

    def _mended(
        self,
        operation: Operation,
        values: Values,
        count: int,
        *,
        actor: Identity,
        kept: Collection[Place],
        carried: Collection[Place] = (),
    ) -> Values:
        """Lay over what refusals have taught of the operation; values at `kept` places are known to others.

        At `carried` places stands the id of what was made for this stage alone.
        """
        needs = self._memory.needs.get(operation.label)
        if not needs:
            return values
        fields = {(one.location, one.pointer): one for one in self._description.fields(operation)}
        users = {one.name for one in self._identities.users()}

        def identified(place: Place, one: Need) -> str | None:
            if place in carried:
                return None
            spare = self._memory.spare.get((operation.label, actor.name, place))
            if spare is not None and one.way is not Way.POINTING:
                return spare
            kind = next((kind for kind in self._relations.kinds if kind.name == one.argument), None)
            known = self._memory.bindings_of(kind, actor, users=users) if kind is not None else None
            own = known.get(kind.parameter) if known is not None and kind is not None else None
            return self._pointing.turned(operation, kind, own) if kind is not None and own is not None else own

        maker = Maker(sampler=self.sampler, count=count, fields=fields, identified=identified)
        return fulfilled(values, needs, maker, kept=kept)

    def _pinned(self, operation: Operation) -> tuple[tuple[Location, str, Json], ...]:
        """Values that the user gave."""
        return self._learned.pinned.get(operation.label, ())

    # --- what only the run knows

    def _references(self, stage: Stage, values: Values, style: str, count: int) -> Iterator[tuple[Location, str, Json]]:
        """Yield what the fields point to.

        Where the object around it was left out, a minimal request does without; in a full one it is made whole, for an
        id alone may not be all that it needs.
        """
        minimal = style != Style.FULL
        fields = {
            one.pointer: one for one in self._description.fields(stage.operation) if one.location is Location.BODY
        }
        for location, pointer, value in self._pointing.values(stage, minimal=minimal):
            around = [one for one in above(pointer) if location is Location.BODY and one in fields]
            if minimal and any(value_at(values, location, one) is ABSENT for one in around):
                continue
            for one in around:
                if value_at(values, location, one) is ABSENT:
                    made = self.sampler.sample(fields[one], count, rotate=False)
                    values = set_at(values, location, one, made)
                    yield location, one, made
            yield location, pointer, value

    def _overlay(self, stage: Stage) -> Iterator[tuple[Location, str, Json]]:
        operation, actor = stage.operation, stage.actor
        if operation is self._sign_in.register:
            yield from self._new_account(operation)
        elif sign_in.signs_in(operation) or sign_in.harms_identity(operation):
            yield from self._account_values(operation, actor)
        elif operation is self._sign_in.enrol or len(self._passwords(operation)) > 1:
            yield from self._new_account(operation)

    def _passwords(self, operation: Operation) -> list[Field]:
        fields = self._description.fields(operation)
        return [one for one in fields if one.location is Location.BODY and sign_in.is_password(one.name)]

    def _new_account(self, operation: Operation) -> Iterator[tuple[Location, str, Json]]:
        """A password of somebody new, the same wherever it is asked for."""
        places = self._passwords(operation)
        password = new_password(self._rng, places[0]) if places else ""
        if password:
            self._know("newcomer", "password", password)
            yield from ((Location.BODY, one.pointer, password) for one in places)

    def _account_values(self, operation: Operation, actor: Identity) -> Iterator[tuple[Location, str, Json]]:
        """The caller's own names, password and refresh token, where the operation asks for them, and another password.

        That is the same wherever it is asked for, and as good as the first.
        """
        account = self._identities.accounts.get(actor.name)
        if account is None:
            return
        if operation in self._identities.logins:
            said = self._identities.login_values(operation, account)
            yield from ((location, pointer, value) for (location, pointer), value in said.items())
            return
        fields = self._description.fields(operation)
        wanted = next((one for one in fields if sign_in.is_new_password(one.name)), None)
        another = new_password(self._rng, wanted) if wanted is not None else ""
        if another:
            self._know(actor.name, "password", another)
        for one in fields:
            plain = sign_in.snake(one.name)
            if another and (sign_in.is_new_password(one.name) or sign_in.repeats_password(one.name)):
                yield one.location, one.pointer, another
            elif account.refresh_token and plain in REFRESH_KEYS:
                yield one.location, one.pointer, account.refresh_token
            elif account.password and plain in {"password", "current_password", "old_password"}:
                yield one.location, one.pointer, account.password


def above(pointer: str) -> Iterator[str]:
    """Yield the places around one, the outermost first: `/a`, `/a/b` for `/a/b/id`."""
    parts = pointer.split("/")
    return ("/".join(parts[:end]) for end in range(2, len(parts)))


def written(
    operation: Operation,
    values: Values,
    *,
    identity: Identity,
    credential: Credential | None,
    role: Role,
    purpose: str,
    mutation: Mutation | None = None,
    shared: bool = False,
    slashed: bool | None = None,
) -> Request:
    """Write values down as the document says they travel; `slashed` says how the path really ends, where known."""
    path, query, headers, body = serialise(operation, values)
    if slashed is not None:
        path = (path.rstrip("/") or "/") + ("/" if slashed and path.rstrip("/") else "")
    return Request(
        method=operation.method,
        path=path,
        operation=operation,
        query=query,
        headers=headers,
        body=body,
        identity=identity,
        credential=credential,
        role=role,
        purpose=purpose,
        mutation=mutation,
        shared=shared,
    )
