"""The seeded target as recipes see it: who can call, what they own, and how a valid request is made.

The world never sends: what needs an answer is a generator of steps. It learns by observing every raw exchange
(which object a create made, which operation answered 2xx to whom), so nothing made goes unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from auditor.callers.identities import Identities
from auditor.callers.selves import Selves
from auditor.compare import at
from auditor.document.openapi import Description
from auditor.document.templates import path_values
from auditor.evidence import ABSENT, Absent, Change, Made, Stage, Steps, Unavailable, Violating, ask
from auditor.kinds import resources, sign_in
from auditor.kinds.listed import only_listed
from auditor.kinds.relations import Relations
from auditor.kinds.sign_in import SignIn
from auditor.knowledge.harms import Harms
from auditor.knowledge.learned import Learned
from auditor.knowledge.memory import Memory
from auditor.model import (
    ANONYMOUS,
    NOT_JSON,
    Credential,
    Document,
    Exchange,
    Field,
    Identity,
    Json,
    Location,
    Operation,
    Request,
    Resource,
    Role,
)
from auditor.repair.mending import Mender
from auditor.sending.quotas import quota
from auditor.values.examples import Sampler
from auditor.world.attempts import Attempts
from auditor.world.given import Given
from auditor.world.ledger import Ledger
from auditor.world.objects import Objects
from auditor.world.pointing import Pointing
from auditor.world.recognising import Recognising
from auditor.world.removals import Removals
from auditor.world.requests import Requests
from auditor.world.states import States

WITNESS = "is what was made still there?"


class SeededWorld:
    """Implements `auditor.evidence.World` for recipes and `entrance.Drafts` for registration."""

    def __init__(
        self,
        description: Description,
        sampler: Sampler,
        *,
        run_id: str,
        seed: str,
        host: str,
        know: Callable[[str, str, str], None],
        options: Mapping[tuple[str, str], float] | None = None,
        given: Mapping[str, Given] | None = None,
        grant_url: str = "",
        throwaway: bool = False,
    ) -> None:
        self.document: Document = description.document
        self.canary = run_id
        self.host = host
        self.rng = Random(seed)
        self.memory = Memory()
        self.harms = Harms()
        self._calm: dict[int, Document] = {}
        self.ledger = Ledger()
        self.credentials: dict[str, Credential] = {}
        operations, kinds = self.document.operations, resources.infer(self.document)
        kinds += only_listed(operations, kinds, description.fields)
        self.relations = Relations(kinds, description.fields, operations=operations)
        self.learned = Learned(pinned=dict(given or {}))
        self.identities = Identities(
            drafts=self,
            sign_in_operations=sign_in.recognise(operations, description.fields, self.document.schemes),
            schemes=self.document.schemes,
            operations=operations,
            credentials=self.credentials,
            know_secret=know,
            rng=self.rng,
            canary=run_id,
            grant_url=grant_url,
        )
        self.selves = Selves(self.identities, self.credentials)
        pointing = Pointing(
            relations=self.relations,
            learned=self.learned,
            selves=self.selves,
            known=lambda kind, actor: self.objects.known(kind, actor),
            fields=description.fields,
            sign_in=lambda: self.identities.operations,
        )
        self._requests = Requests(
            description,
            sampler,
            relations=self.relations,
            pointing=pointing,
            learned=self.learned,
            memory=self.memory,
            identities=self.identities,
            know=know,
        )
        self._mender = Mender(self.memory, fields=description.fields, relations=self.relations)
        self.attempts = Attempts(memory=self.memory, requests=self._requests, mender=self._mender)
        self._recognising = Recognising(self.relations, self.learned, run_id)
        self.objects = Objects(
            relations=self.relations,
            memory=self.memory,
            learned=self.learned,
            requests=self._requests,
            attempts=self.attempts,
            identities=self.identities,
            selves=self.selves,
            recognising=self._recognising,
            pointing=pointing,
            harms=self.harms,
            throwaway=throwaway,
        )
        self.states = States(
            relations=self.relations,
            objects=self.objects,
            learned=self.learned,
            attempts=self.attempts,
            fields=description.fields,
            harms=self.harms,
        )
        self.removals = Removals(
            self.ledger,
            objects=self.objects,
            requests=self._requests,
            identities=self.identities,
            relations=self.relations,
            credentials=self.credentials,
            operations=self.document.operations,
            canary=run_id,
            know=know,
            harms=self.harms,
        )
        self.objects.making.owe = self.removals.owe
        self._description = description
        self._sampler = sampler
        self._seed = seed
        self._options = options or {}

    def for_subject(self, subject: str, *, about: object = None) -> SeededWorld:
        """Return a view whose randomness depends on the seed and the subject alone, whatever ran before.

        What harms the world is not in its document, unless the question is `about` just that.
        """
        view = object.__new__(SeededWorld)
        view.__dict__.update(self.__dict__)
        view.rng = Random(f"{self._seed}/{subject}")
        view.document = self.document if isinstance(about, Operation) and self.harms.disturbs(about) else self.calm
        return view

    @property
    def calm(self) -> Document:
        """The document without what harms the world."""
        known = len(self.harms.found)
        if known not in self._calm:
            kept = tuple(one for one in self.document.operations if not self.harms.disturbs(one))
            self._calm[known] = replace(self.document, operations=kept)
        return self._calm[known]

    def option(self, check: str, name: str, default: float) -> float:
        return self._options.get((check, name), default)

    # --- who

    @property
    def sign_in(self) -> SignIn:
        return self.identities.operations

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    @property
    def owner(self) -> Identity:
        return self._user(0, "one identity")

    @property
    def stranger(self) -> Identity:
        return self._user(1, "a second identity")

    @property
    def admin(self) -> Identity:
        found = self.identities.admin()
        if found is None:
            raise Unavailable("no privileged identity was given", "identities.root: {role: admin, bearer: …}")
        return found

    def _user(self, index: int, what: str) -> Identity:
        users = self.identities.users()
        if len(users) > index:
            return users[index]
        why = f" ({self.identities.problem})" if self.identities.problem else ""
        raise Unavailable(f"needs {what}{why}", f"identities.{('alice', 'bob')[index]}: {{bearer: …}} in auditor.yaml")

    def caller(self) -> Identity:
        """The first user, or nobody where the API has none."""
        users = self.identities.users()
        return users[0] if users else self.identities.admin() or ANONYMOUS

    def credential(self, identity: Identity, operation: Operation | None = None) -> Credential:
        found = self.identities.credential(identity, operation)
        if found is None:
            raise Unavailable(f"{identity.name} has no credential")
        return found

    def disposable(self) -> Steps[Identity]:
        return (yield from self.identities.disposable())

    # --- what the document says

    @property
    def resources(self) -> Sequence[Resource]:
        return self.relations.kinds

    def fields(self, operation: Operation) -> tuple[Field, ...]:
        return self._description.fields(operation)

    def violations(self, field: Field) -> tuple[Violating, ...]:
        return self._sampler.violations(field)

    def sample(self, field: Field) -> Json:
        return self._sampler.sample(field, self._requests.number())

    def resource_of(self, operation: Operation) -> Resource | None:
        return self.relations.of(operation)

    # --- what is known

    def golden(self, operation: Operation) -> Exchange:
        return self.memory.golden_of(operation).exchange

    def value(self, request: Request, field: Field) -> Json | Absent:
        if field.location is Location.BODY:
            found = at(request.json(), field.pointer)
            return ABSENT if found is NOT_JSON else found
        if field.location is Location.QUERY:
            return next((v for k, v in request.query if k == field.name), ABSENT)
        if field.location is Location.PATH and request.operation is not None:
            return path_values(request.operation.path, request.path).get(field.name, ABSENT)
        return request.header(field.name) or ABSENT

    def declared_limit(self, exchange: Exchange) -> int | None:
        declared = quota(exchange.response)
        return declared.limit if declared else None

    # --- acting

    def stage(self, operation: Operation) -> Steps[Stage]:
        known = self.memory.golden_of(operation)
        actor = yield from self._actor(operation, known.actor)
        stage = yield from self.objects.prepare(operation, actor)
        once = stage.once or operation.method == "DELETE" or self.harms.once(operation)
        return replace(stage, once=once)

    def _actor(self, operation: Operation, usual: Identity) -> Steps[Identity]:
        if operation is self.sign_in.register:
            return ANONYMOUS
        if sign_in.signs_in(operation) and operation is not self.sign_in.refresh:
            return (yield from self._login_subject())
        return usual

    def _login_subject(self) -> Steps[Identity]:
        """One disposable user takes all wrong logins, so that a lockout hits nobody else."""
        if self.memory.signer is None:
            try:
                self.memory.signer = yield from self.disposable()
            except Unavailable:
                return self.caller()
        return self.memory.signer

    def witness(self, stage: Stage) -> Steps[Request | None]:
        """Find a read that is answered 2xx now, and would not be if the operation did again what it is known for."""
        harm = self.harms.of(stage.operation)
        if harm is None or not self.harms.everybody(stage.operation):
            return None
        for kind in self.relations.by_dependency():
            if kind.name not in harm.kinds or kind.read is None:
                continue
            try:
                made = yield from self.make(kind, stage.actor)
            except Unavailable:
                continue
            read = self.request(
                Stage(operation=kind.read, actor=stage.actor, bindings=made.bindings), purpose=WITNESS, role=Role.SETUP
            )
            if (yield from ask(read)).succeeded:
                return read
        if self.sign_in.whoami is None or stage.actor.anonymous:
            return None
        itself = self.request(Stage(operation=self.sign_in.whoami, actor=stage.actor), purpose=WITNESS, role=Role.SETUP)
        return itself if (yield from ask(itself)).succeeded else None

    def bind(self, operation: Operation, actor: Identity) -> Steps[dict[str, str]]:
        return (yield from self.objects.bind(operation, actor))

    def make(self, resource: Resource, identity: Identity) -> Steps[Made]:
        return (yield from self.objects.make(resource, identity))

    def made_by(self, exchange: Exchange) -> Made | None:
        return self._recognising.made_by(exchange)

    def request(
        self,
        stage: Stage,
        *,
        purpose: str,
        role: Role = Role.PROBE,
        identity: Identity | None = None,
        credential: Credential | None = None,
        changes: Sequence[Change] = (),
        shared: bool = False,
        style: str = "",
    ) -> Request:
        return self._requests.build(
            stage,
            purpose=purpose,
            role=role,
            identity=identity,
            credential=credential,
            changes=changes,
            shared=shared,
            style=style,
        )

    def draft(
        self,
        operation: Operation,
        *,
        identity: Identity,
        purpose: str,
        overlay: Mapping[str, Json],
        placed: Mapping[tuple[Location, str], Json],
        style: str,
    ) -> Request:
        return self._requests.draft(
            operation, identity=identity, purpose=purpose, overlay=overlay, placed=placed, style=style
        )

    def login_request(
        self, *, identity: Identity | None = None, username: str | None = None, password: str | None = None
    ) -> Request:
        return self._requests.login(identity=identity, username=username, password=password)

    # --- learning from what is seen

    def learn(self, refused: Exchange) -> bool:
        """Read a refusal; say whether the next draft of its operation will be another request."""
        return self._mender.learn(refused)

    def observe(self, raw: Exchange) -> None:
        """Remember which operation answered 2xx to whom, and owe the removal of what a create made."""
        self.identities.observe(raw)
        if raw.request.mutation is None and raw.request.role is not Role.PROBE:
            if raw.response.succeeded or raw.redirected:
                self.memory.remember(raw)
            self.selves.observe(raw)
        self.objects.observe(raw)
        self.learned.asked += raw.phase == "seeding"
        self.removals.observe(raw)

    def saw(self, exchange: Exchange) -> None:
        """Keep the registration of each caller as it is recorded: it stands for the caller as an object."""
        known = exchange.request.identity.name in self.identities.accounts
        if known and exchange.succeeded and self.selves.registers(exchange.operation):
            self.objects.making.registrations.setdefault(exchange.request.identity.name, exchange)
