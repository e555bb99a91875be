"""Watches the world: notices that an operation wiped it, or ended or changed its own caller, and finds out which.

Signs are cheap: a caller that is refused where it was answered, an object that is gone. A sign makes the watch look at
the vitals; when those are hurt, whatever was answered just before is suspected. What several operations may have done
is tried out by repeating each of them once, as a user made for it, in a world made anew. Who did it is named, is asked
by throw-away users or last of all from then on, and what was seen meanwhile is asked again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from auditor.evidence import Stage, Steps, Unavailable, ask
from auditor.knowledge.harms import Harm, Reach, sounds_wiping
from auditor.model import Credential, Exchange, Identity, Operation, Request, Role
from auditor.sending.driving import follow
from auditor.sending.session import Session
from auditor.world import vitals
from auditor.world.reviving import Revived, Reviver
from auditor.world.vitals import MISSING, PURPOSE, REFUSED, Hurt, Vital, hurt, who
from auditor.world.world import SeededWorld

PHASE = "watching"
WATCHED = frozenset({"seeding", "probing"})
MOST_REVIVALS = 8
"""How often the world is made anew in all; each time an operation is named, it cannot come from that one again."""
MOST_REPEATED = 24
RECENT = 400
ALONE, AGAIN, OTHERS = "nothing else was asked", "it did so again when it was repeated", "no other could have"


@dataclass(frozen=True, slots=True)
class Seen:
    """An operation that was answered 2xx or 3xx; times in seconds of the session."""

    operation: Operation
    identity: Identity
    sent_at: float
    ended_at: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the throw-away user that repeated an operation; "" where nothing did."""

    effect: str = ""
    removes: bool = False


class Watch:
    """Looks after one world.

    `doubt` is called at the first sign, `cleared` when it is known whether what was seen since then counts.
    """

    def __init__(
        self,
        world: SeededWorld,
        session: Session,
        operations: Sequence[Operation],
        *,
        doubt: Callable[[], None] = lambda: None,
        cleared: Callable[[bool], None] = lambda _kept: None,
    ) -> None:
        self.notes: list[str] = []
        self.alarmed = False
        """A sign was seen: `attend` should be called when nothing is on its way."""
        self._world = world
        self._session = session
        self._reviver = Reviver(world, session, operations)
        self._doubt = doubt
        self._cleared = cleared
        self._vitals: list[Vital] = []
        self._recent: deque[Seen] = deque(maxlen=RECENT)
        self._good: dict[tuple[str, str], float] = {}
        """(identity, path) to when it was last answered 2xx."""
        self._well_at = 0.0
        self._signs: set[tuple[str, str, int]] = set()
        self._dismissed: set[tuple[str, str, int]] = set()
        self._renewed: dict[str, float] = {}
        """Callers that had to sign in again since all was well, and when they had been refused."""
        self._tried: set[Operation] = set()
        """Were repeated once, to see what they do."""
        self._harmless: set[Operation] = set()
        """Were answered before, and all was well."""
        self._revivals = 0

    # --- signs

    def observe(self, raw: Exchange) -> None:
        """Remember who was answered what, and notice what was answered otherwise before."""
        if raw.phase not in WATCHED or raw.operation is None:
            return
        request, status = raw.request, raw.response.status
        if 200 <= status < 400:
            ended = raw.sent_at + raw.elapsed_ms / 1e3
            self._recent.append(Seen(raw.operation, request.identity, raw.sent_at, ended))
            self._good[request.identity.name, request.path] = raw.sent_at
        elif self._is_sign(raw):
            self._alarm((raw.operation.label, request.identity.name, status))

    def _is_sign(self, raw: Exchange) -> bool:
        request = raw.request
        usual = self._world.memory.golden.get(raw.operation.label) if raw.operation is not None else None
        ordinary = request.mutation is None and request.credential is None and request.role is not Role.PROBE
        by_itself = ordinary and not request.identity.anonymous and not request.identity.disposable
        known = usual is not None and usual.actor == request.identity
        return by_itself and known and raw.response.status in REFUSED | MISSING

    def _alarm(self, sign: tuple[str, str, int]) -> None:
        if sign in self._dismissed or not self._vitals or self._revivals >= MOST_REVIVALS:
            return
        if not self.alarmed:
            self._doubt()
        self.alarmed = True
        self._signs.add(sign)

    def renewing(
        self, renew: Callable[[Exchange, Credential], Awaitable[bool]]
    ) -> Callable[[Exchange, Credential], Awaitable[bool]]:
        """Notice that a caller had to sign in again, or could not."""

        async def renewed(refused: Exchange, used: Credential) -> bool:
            came = await renew(refused, used)
            name = refused.request.identity.name
            if refused.response.status == 401 and refused.phase in WATCHED and not refused.request.identity.disposable:
                if came:
                    self._renewed.setdefault(name, refused.sent_at)
                else:
                    self._alarm(("signing in again", name, 401))
            return came

        return renewed

    # --- looking

    async def learn(self) -> None:
        """Take the vitals of a world that is well."""
        with self._apart():
            await self._take()
        self._all_well()

    async def _take(self) -> None:
        self._vitals = []
        for vital in list(vitals.questions(self._world)):
            answered = await self._asked(vital)
            if answered is not None and answered.succeeded:
                self._vitals.append(vital if vital.kind else await self._known(vital, answered))

    async def _known(self, vital: Vital, answered: Exchange) -> Vital:
        """Keep of who the caller is what a second answer says as well."""
        again = await self._asked(vital)
        return replace(vital, who=who(answered.response) & who(again.response) if again is not None else frozenset())

    async def attend(self, *, force: bool = False) -> float | None:
        """Look at the vitals; return since when the world was broken, None if it is well.

        That is done after a sign, and with `force` also where an operation was answered for the first time. Afterwards
        the world is whole again, as far as it can be, and what broke it is known.
        """
        if not (self.alarmed or (force and self._news())):
            return None
        since = None
        with self._apart():
            hurts = await self._looked() if self._revivals < MOST_REVIVALS else []
            if hurts:
                since = self._since(hurts)
                await self._find_out(hurts, since)
            else:
                await self._find_who_signs_out()
        self._cleared(since is None)
        self._all_well()
        return since

    def _news(self) -> bool:
        return any(one.sent_at >= self._well_at and one.operation not in self._harmless for one in self._recent)

    async def _looked(self) -> list[Hurt]:
        """Ask every vital; what is hurt is asked a second time."""
        found = [one for vital in self._vitals if (one := await self._hurt(vital)) is not None]
        return [again for one in found if (again := await self._hurt(one.vital)) is not None]

    async def _hurt(self, vital: Vital) -> Hurt | None:
        answered = await self._asked(vital)
        return hurt(vital, answered) if answered is not None else None

    async def _asked(self, vital: Vital) -> Exchange | None:
        return (await follow(ask(vital.request), self._session)).value

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Send in a phase of its own: what the watch asks is neither judged nor a sign."""
        before, self._session.phase = self._session.phase, PHASE
        try:
            yield
        finally:
            self._session.phase = before

    def _all_well(self) -> None:
        self.alarmed = False
        self._dismissed |= self._signs
        self._signs.clear()
        self._renewed.clear()
        self._harmless.update(one.operation for one in self._recent)
        self._well_at = self._session.seconds

    # --- who did it

    def _since(self, hurts: Iterable[Hurt]) -> float:
        """When the last was well of what is hurt now: an operation that harmed was under way after that."""
        last = [self._good.get((one.vital.identity.name, one.vital.request.path), 0.0) for one in hurts]
        return max(self._well_at, min(last))

    def _suspects(self, since: float) -> list[Operation]:
        """What was answered after that, the likeliest first: by name, by being new, by method, by being late."""
        latest = {one.operation: one.ended_at for one in self._recent if one.ended_at >= since}
        return sorted(latest, key=lambda one: (not sounds_wiping(one), one in self._harmless, one.safe, -latest[one]))

    def _callers(self, operation: Operation, since: float) -> set[str]:
        return {one.identity.name for one in self._recent if one.operation is operation and one.ended_at >= since}

    async def _find_out(self, hurts: Sequence[Hurt], since: float) -> None:
        """Make the world anew, and name what broke it."""
        suspects = self._suspects(since)
        reaches = {one: reach_of(hurts, self._callers(one, since)) for one in suspects}
        revived = await self._revive(hurts, since)
        reach = reaches.get(suspects[0]) if len(suspects) == 1 else None
        if reach is Reach.EVERYBODY:
            effect = effect_of(hurts, reach, anew=revived.anew)
            self._name(suspects[0], reach, effect, ALONE, kinds=missing(hurts))
        elif not await self._tried_out(suspects, reaches, hurts, anew=revived.anew):
            shown = ", ".join(one.label for one in suspects[:5]) or "nothing that was asked"
            more = f" and {len(suspects) - 5} more" if len(suspects) > 5 else ""
            self.notes.append(f"the world broke ({told(hurts)}) after {shown}{more}; none of these did so by itself")

    async def _tried_out(
        self,
        suspects: Sequence[Operation],
        reaches: Mapping[Operation, Reach],
        hurts: Sequence[Hurt],
        *,
        anew: Collection[str],
    ) -> bool:
        """Repeat each suspect once as a user made for it; name the first that harms again, or the one left over."""
        left = [one for one in suspects if one not in self._tried]
        for operation in left[:MOST_REPEATED]:
            trial = await self._repeated(operation, owning=missing(hurts))
            again = await self._looked() if trial is not None else []
            if again:
                revived = await self._revive(again, self._session.seconds)
                effect = effect_of(again, Reach.EVERYBODY, anew=revived.anew)
                self._name(operation, Reach.EVERYBODY, effect, AGAIN, kinds=missing(again))
                return True
            if trial is not None and trial.effect and not self._world.harms.its_caller(operation):
                self._name(operation, Reach.CALLER, trial.effect, AGAIN, removes=trial.removes)
                return True
            if trial is not None:
                self._tried.add(operation)
        left = [one for one in left if one not in self._tried]
        alone = len(suspects) == 1
        found = len(left) == 1 and (alone or (not left[0].safe and telling(hurts)))
        if found:
            effect = effect_of(hurts, reaches[left[0]], anew=anew)
            self._name(left[0], reaches[left[0]], effect, ALONE if alone else OTHERS, kinds=missing(hurts))
        return found

    async def _repeated(self, operation: Operation, *, owning: Iterable[str] = ()) -> Trial | None:
        """Ask once more as a throw-away user who owns something of each kind; None where it cannot be repeated."""
        return (await follow(self._repeat(operation, owning), self._session)).value

    def _repeat(self, operation: Operation, owning: Iterable[str]) -> Steps[Trial]:
        world = self._world
        caller = yield from world.disposable()
        before = yield from self._about(caller)
        reads = yield from self._owned(caller, owning)
        bindings = yield from world.bind(operation, caller)
        stage = Stage(operation=operation, actor=caller, bindings=bindings)
        answered = yield from ask(world.request(stage, purpose="does it do that again?", role=Role.SETUP))
        if answered.response.status >= 400:
            raise Unavailable(f"{operation.label} was answered {answered.response.status}")
        wrong = None
        if before is not None and before.succeeded:
            after = yield from ask(before.request)
            steady = {pointer for vital in self._vitals for pointer, _ in vital.who}
            known = frozenset(one for one in who(before.response) if one[0] in steady)
            wrong = hurt(Vital(identity=caller, request=before.request, who=known), after)
        if wrong is None:
            return (yield from self._still_owned(reads))
        if wrong.status < 300:
            return Trial("made its caller somebody else")
        if (yield from world.removals.users.returns(caller)):
            return Trial("ended its caller's sign-in")
        return Trial("removed its caller", removes=True)

    def _owned(self, caller: Identity, kinds: Iterable[str]) -> Steps[list[Request]]:
        """Make one of each kind for the caller; return the reads that show them."""
        found = []
        for kind in self._world.resources:
            if kind.name not in kinds or kind.read is None:
                continue
            try:
                made = yield from self._world.make(kind, caller)
            except Unavailable:
                continue
            stage = Stage(operation=kind.read, actor=caller, bindings=made.bindings)
            found.append(self._world.request(stage, purpose=PURPOSE, role=Role.SETUP))
        return found

    def _still_owned(self, reads: Iterable[Request]) -> Steps[Trial]:
        for read in reads:
            if (yield from ask(read)).response.status in MISSING:
                return Trial("removed what its caller owned")
        return Trial()

    def _about(self, caller: Identity) -> Steps[Exchange | None]:
        """Ask a caller about itself; None where nothing tells."""
        whoami = self._world.sign_in.whoami
        if whoami is None:
            return None
        request = self._world.request(Stage(operation=whoami, actor=caller), purpose=PURPOSE, role=Role.SETUP)
        answered = yield from ask(request)
        return replace(answered, request=request)

    async def _find_who_signs_out(self) -> None:
        """All is well, but somebody had to sign in again: look whether an operation ends its caller's sign-in."""
        for name, refused_at in self._renewed.items():
            good = [at for (caller, _), at in self._good.items() if caller == name and at < refused_at]
            since = max(self._well_at, max(good, default=0.0))
            mine = [one for one in self._suspects(since) if name in self._callers(one, since)]
            for operation in mine[:MOST_REPEATED]:
                if operation not in self._tried and not self._world.harms.its_caller(operation):
                    self._tried.add(operation)
                    trial = await self._repeated(operation)
                    if trial is not None and trial.effect:
                        self._name(operation, Reach.CALLER, trial.effect, AGAIN, removes=trial.removes)

    # --- what follows

    async def _revive(self, hurts: Sequence[Hurt], since: float) -> Revived:
        self._revivals += 1
        came = await self._reviver.revive(hurts, self._vitals, since=since)
        await self._take()
        lost = [f"{name} could not be brought back: what needs that caller stays unsure" for name in came.lost]
        self.notes.extend(one for one in lost if one not in self.notes)
        if self._revivals == MOST_REVIVALS:
            self.notes.append(f"the world was made anew {MOST_REVIVALS} times, and is not looked after any further")
        return came

    def _name(
        self,
        operation: Operation,
        reach: Reach,
        effect: str,
        proof: str,
        *,
        removes: bool = False,
        kinds: tuple[str, ...] = (),
    ) -> None:
        harm = Harm(operation=operation.label, reach=reach, effect=effect, proof=proof, removes=removes, kinds=kinds)
        if self._world.harms.note(harm):
            self.notes.append(harm.told)
        preludes = self._world.learned.preludes
        for label in [one for one, deeds in preludes.items() if any(deed.operation is operation for deed in deeds)]:
            del preludes[label]  # what comes after it has to do without


def reach_of(hurts: Iterable[Hurt], callers: Collection[str]) -> Reach:
    """Whoever did not call it was hurt by it, too: then it reaches everybody."""
    others = any(one.vital.identity.name not in callers for one in hurts)
    return Reach.EVERYBODY if others else Reach.CALLER


def effect_of(hurts: Sequence[Hurt], reach: Reach, *, anew: Collection[str] = ()) -> str:
    """Say in the report's words what became of the world, or of the caller; `anew` had to be registered again."""
    gone = bool(missing(hurts) or anew)
    if reach is Reach.EVERYBODY:
        return "removed what the audit had made" if gone else "ended or changed other callers"
    if any(one.status < 300 for one in hurts):
        return "made its caller somebody else"
    if any(one.caller for one in hurts):
        return f"{'ended' if anew else 'may have ended'} its caller's sign-in, or locked it out"
    return "removed what its caller owned"


def telling(hurts: Sequence[Hurt]) -> bool:
    """A single object may have gone by itself."""
    return any(one.caller for one in hurts) or len(hurts) > 1


def missing(hurts: Iterable[Hurt]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.vital.kind for one in hurts if one.vital.kind and one.status in MISSING))


def told(hurts: Sequence[Hurt]) -> str:
    return ", ".join(one.told for one in hurts[:3])
