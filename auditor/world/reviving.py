"""Makes a broken world anew: callers are signed in or registered again, golden objects made again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from auditor.evidence import ask
from auditor.model import Identity, Operation
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.world import vitals
from auditor.world.seeding import Turn, errands
from auditor.world.vitals import MISSING, REFUSED, Hurt, Vital, who
from auditor.world.world import SeededWorld


@dataclass(slots=True)
class Revived:
    """Names of callers: those that could only be registered anew, and those that could not be brought back."""

    anew: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


class Reviver:
    """Brings back what an operation took away, as far as that can be done without harming anybody."""

    def __init__(self, world: SeededWorld, session: Session, operations: Sequence[Operation]) -> None:
        self._world = world
        self._session = session
        self._operations = operations
        self._retired = 0
        self._came = Revived()

    async def revive(self, hurts: Iterable[Hurt], known: Sequence[Vital], *, since: float) -> Revived:
        """Bring back callers, then objects. `known` says who everybody was, `since` when the world was last well."""
        self._came = Revived()
        world = self._world
        before = list(world.identities.accounts)
        for identity in dict.fromkeys(one.vital.identity for one in hurts if one.caller):
            about = next((one for one in known if one.identity == identity and not one.kind), None)
            await self._caller(identity, about)
        self._in_order(before)
        world.memory.signer = world.memory.somebody = None
        world.memory.spare.clear()
        world.memory.fruitless.clear()
        world.learned.seconds.clear()
        world.learned.prepared.clear()
        self._session.forget_controls()
        await self._sift(since)
        for errand in errands(world, self._operations):
            if errand.turn is Turn.OBJECTS:
                await follow(errand.steps, self._session)
            else:
                errand.steps.close()
        return self._came

    async def _caller(self, identity: Identity, about: Vital | None) -> None:
        """Sign the caller in again; one whom that does not make who it was is registered anew, if it was ours."""
        if await self._is(identity, about) or await self._signed_in(identity, about):
            return
        if identity.name not in self._world.removals.users:
            self._came.lost.append(identity.name)
            return
        old = self._retire(identity)
        came = await follow(self._world.identities.register(identity.name), self._session)
        if came.value is None:
            self._reinstate(identity, old)
        (self._came.lost if came.value is None else self._came.anew).append(identity.name)

    def _in_order(self, before: Sequence[str]) -> None:
        """Let the first user be the first again."""
        accounts = self._world.identities.accounts
        known = [accounts.pop(name) for name in before if name in accounts]
        later = [accounts.pop(name) for name in list(accounts)]
        accounts.update({one.identity.name: one for one in (*known, *later)})

    async def _signed_in(self, identity: Identity, about: Vital | None) -> bool:
        account = self._world.identities.accounts.get(identity.name)
        if account is None or not account.renewable:
            return False
        await follow(self._world.identities.sign_in(account), self._session)
        self._world.identities.accounts.setdefault(identity.name, account)
        return await self._is(identity, about)

    async def _is(self, identity: Identity, about: Vital | None) -> bool:
        """The caller is recognised, and as whom it was."""
        if about is None or identity.name not in self._world.credentials:
            return False
        answered = (await follow(ask(about.request), self._session)).value
        return answered is not None and answered.succeeded and about.who <= who(answered.response)

    def _reinstate(self, identity: Identity, old: Identity) -> None:
        """Let the caller go by its name again: it may only have been refused for a while, as everybody was."""
        world = self._world
        account, credential = world.identities.accounts.pop(old.name, None), world.credentials.pop(old.name, None)
        world.removals.move(old, identity)
        if account is not None:
            world.identities.accounts[identity.name] = replace(account, identity=identity)
        if credential is not None:
            world.credentials[identity.name] = credential

    def _retire(self, identity: Identity) -> Identity:
        """Keep the old account under another name: what it made is still owed."""
        self._retired += 1
        world, name = self._world, identity.name
        old = Identity(f"{name}-{self._retired}", disposable=True)
        account = world.identities.accounts.pop(name, None)
        credential = world.credentials.pop(name, None)
        world.removals.move(identity, old)
        if account is not None:
            world.identities.accounts[old.name] = replace(account, identity=old)
        if credential is not None:
            world.credentials[old.name] = credential
        for owner, kind in [key for key in world.memory.objects if key[0] == name]:
            del world.memory.objects[owner, kind]
        world.selves.forget(identity)
        world.objects.making.registrations.pop(name, None)
        return old

    async def _sift(self, since: float) -> None:
        """Forget golden objects that are not there any more, or that had to be made by another in a broken world."""
        world = self._world
        for (owner, kind), made in list(world.memory.objects.items()):
            if made.owner.name != owner and made.exchange.sent_at >= since:
                del world.memory.objects[owner, kind]
        for key, vital in list(vitals.golden_objects(world)):
            answered = (await follow(ask(vital.request), self._session)).value
            if answered is not None and answered.response.status in MISSING | REFUSED:
                world.memory.objects.pop(key, None)
        world.memory.found.clear()
