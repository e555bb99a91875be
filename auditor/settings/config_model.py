"""The words of auditor.yaml: what may be written there, in which form, and what it means when left out.

Only keys that the product honours exist here; everything else is refused as unknown. Imported late, by
`auditor.settings.config` alone, because pydantic takes its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    Secret,
    SecretStr,
    StringConstraints,
    model_validator,
)

from auditor.settings.config_values import (
    Day,
    Grade,
    Hidden,
    Many,
    OperationLabel,
    Pointer,
    Positive,
    Rate,
    Seconds,
    Share,
    TokenUrl,
    Told,
    Url,
    Words,
    at_least_a_second,
    parse_document,
    parse_place,
    wrong,
)

CHECK_OPTIONS: Mapping[str, frozenset[str]] = {"perf.latency": frozenset({"p95_ms"})}
"""Options beyond `severity`, by the check that reads them."""


class Strict(BaseModel):
    """No unknown keys, no coercion, no change, no input in a message."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, regex_engine="python-re"
    )


class TargetConfig(Strict):
    document: Annotated[str, StringConstraints(min_length=1), AfterValidator(parse_document)] | None = None
    """A file (relative to the configuration's folder) or a URL; left out, it is found at the base address."""
    base_url: Url | None = None


class ApiKey(Strict):
    """A key sent under a name, in exactly one place."""

    value: Hidden
    header: str | None = None
    query: str | None = None
    cookie: str | None = None

    @model_validator(mode="after")
    def _one_place(self) -> ApiKey:
        if sum(place is not None for place in (self.header, self.query, self.cookie)) != 1:
            raise wrong("expected exactly one of: header, query, cookie", hide=True)
        return self


class Basic(Strict):
    username: Hidden
    password: Annotated[SecretStr, Field(min_length=1)]


class Login(Strict):
    operation: OperationLabel
    body: Secret[dict[str, JsonValue]]
    token: Pointer | None = None
    """JSON pointer to the access token in the answer; left out, it is looked for."""


class OAuth2(Strict):
    """A token asked for without a browser: with a user's name and password, else with the client's own credentials."""

    client_id: Hidden | None = None
    client_secret: Hidden | None = None
    username: Hidden | None = None
    password: Annotated[SecretStr, Field(min_length=1)] | None = None
    token_url: TokenUrl | None = None
    """A path at the target, or an address anywhere; left out, the document's, which must be at the target."""
    scope: str = ""

    @model_validator(mode="after")
    def _somebody(self) -> OAuth2:
        if (self.username is None) != (self.password is None):
            raise wrong("username and password go together", hide=True)
        if self.client_id is None and (self.username is None or self.client_secret is not None):
            raise wrong("expected client_id, or username and password", hide=True)
        return self


WAYS = ("bearer", "api_key", "basic", "cookie", "login", "oauth2")


class IdentityConfig(Strict):
    """A caller: one way to be recognised, or bare headers; headers may also accompany another way (CSRF, tenant)."""

    role: Annotated[str, StringConstraints(min_length=1)] = "user"
    bearer: Hidden | None = None
    api_key: ApiKey | None = None
    basic: Basic | None = None
    cookie: Hidden | None = None
    """As a browser sends it: "session=…; theme=dark"."""
    headers: dict[str, Hidden] = {}
    login: Login | None = None
    oauth2: OAuth2 | None = None

    @model_validator(mode="after")
    def _one_way(self) -> IdentityConfig:
        ways = [name for name in WAYS if getattr(self, name) is not None]
        if len(ways) > 1 or not (ways or self.headers):
            raise wrong(f"expected exactly one of: {', '.join(WAYS)} (or headers)", hide=True)
        if self.cookie is not None and "=" not in self.cookie.get_secret_value():
            raise wrong("expected a cookie as name=value", at=("cookie",), hide=True)
        return self


class Registration(Strict):
    enabled: bool = True


class Safety(Strict):
    writes: bool | None = None
    """None: allowed on loopback only."""
    read_only: bool = False
    throwaway: bool = False
    """Nothing on the target is worth keeping: send also what reaches beyond what the audit made."""
    max_requests: Positive | None = None
    max_time: Seconds | None = None
    rate: Rate | None = None
    concurrency: Positive | None = None

    @model_validator(mode="after")
    def _no_contradiction(self) -> Safety:
        if self.writes and self.read_only:
            raise wrong("writes and read_only contradict each other: keep one of them")
        if self.throwaway and self.read_only:
            raise wrong("throwaway and read_only contradict each other: keep one of them")
        return self


class CheckConfig(Strict):
    severity: Grade | None = None
    p95_ms: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @property
    def options(self) -> Mapping[str, float]:
        """Options the check itself reads, by name."""
        return {} if self.p95_ms is None else {"p95_ms": self.p95_ms}


class Checks(Strict):
    """`skip` and `only` take ids, globs, families and standards; every other key is a check's id."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, CheckConfig]

    skip: Annotated[Words, Field(min_length=1)] = ()
    only: Words = ()

    @property
    def by_id(self) -> Mapping[str, CheckConfig]:
        return self.__pydantic_extra__

    @model_validator(mode="before")
    @classmethod
    def _other_keys_are_ids(cls, values: object) -> object:
        for key in values if isinstance(values, dict) else ():
            if "." not in key and key not in cls.model_fields:
                raise wrong("an unknown key", at=(key,), unknown=True)
        return values

    @model_validator(mode="after")
    def _options_have_readers(self) -> Checks:
        for check, config in self.by_id.items():
            unread = sorted(config.options.keys() - CHECK_OPTIONS.get(check, frozenset()))
            if unread:
                raise wrong(f"{check} has no such option", at=(check, unread[0]))
        return self


class OperationRule(Strict):
    match: Annotated[str, StringConstraints(min_length=1)]
    """An operation, or a glob of them: "POST /payments*"."""
    skip: Annotated[Words, Field(min_length=1)] = ()
    values: dict[Annotated[str, AfterValidator(parse_place)], JsonValue] = {}
    """What to send at places that nobody tells: {path/id: 42, query/view: full, body/items/0/sku: A-1}."""
    reason: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> OperationRule:
        if not self.skip and not self.values:
            raise wrong("expected skip (checks to leave out), values (what to send), or both")
        return self


LoadSeconds: TypeAlias = Annotated[Seconds, AfterValidator(at_least_a_second)]


class StageConfig(Strict):
    users: Positive
    duration: LoadSeconds


class LoadConfig(Strict):
    """Permission to load the target, and how; what is left out is the product's choice."""

    users: Positive | None = None
    duration: LoadSeconds | None = None
    stages: Many[StageConfig] = ()

    @model_validator(mode="after")
    def _stages_say_it_all(self) -> LoadConfig:
        if self.stages and (self.users is not None or self.duration is not None):
            raise wrong("stages say users and duration already: keep one way of saying it")
        if (self.users is None) != (self.duration is None):
            raise wrong("users and duration go together")
        return self


class FindingsLimit(Strict):
    at_least: Grade
    status: Literal["new", "any"] = "new"


class Minimum(Strict):
    min: Share


class ScoreLimit(Strict):
    family: Annotated[str, StringConstraints(min_length=1)] | None = None
    """Left out: the score of the whole audit."""
    min: Annotated[int, Field(ge=0, le=100)]


MEASURES = ("findings", "coverage", "reach", "score")


class GateConfig(Strict):
    """One measure and its limit; `level: warn` never changes the exit code."""

    findings: FindingsLimit | None = None
    max: Annotated[int, Field(ge=0)] | None = None
    """The most findings that pass; goes with `findings` only. Left out: 0."""
    coverage: Minimum | None = None
    reach: Minimum | None = None
    score: ScoreLimit | None = None
    level: Literal["fail", "warn"] = "fail"
    on_unmeasured: Literal["fail", "warn"] = "warn"

    @model_validator(mode="after")
    def _one_measure(self) -> GateConfig:
        if sum(getattr(self, name) is not None for name in MEASURES) != 1:
            raise wrong(f"expected exactly one of: {', '.join(MEASURES)}")
        if self.max is not None and self.findings is None:
            raise wrong("max goes with findings; the others take min", at=("max",))
        return self


class SuppressionConfig(Strict):
    """A person's decision to live with what a check finds, for a while."""

    check: Told
    """A check's id, or a glob of ids."""
    operation: Told | None = None
    """An operation, or a glob of them: "GET /catalogue*"; left out, everywhere."""
    signature: str | None = None
    """Only findings with this signature (see run.json); left out, all."""
    reason: Told
    expires: Day | None = None
    """The last day on which it holds, at most a year ahead."""
    permanent: bool = False
    owner: str = ""
    ticket: str = ""

    @model_validator(mode="after")
    def _ends_or_says_that_it_never_does(self) -> SuppressionConfig:
        if self.permanent and self.expires is not None:
            raise wrong("permanent and expires contradict each other: keep one of them", at=("permanent",))
        if not self.permanent and self.expires is None:
            raise wrong("expected a day such as 2027-03-01, within a year (or permanent: true)", at=("expires",))
        return self


Format: TypeAlias = Literal["html", "sarif", "junit", "gitlab", "github", "md", "har", "csv", "json"]


class ReportConfig(Strict):
    formats: Many[Format] = ()
    dir: Annotated[str, StringConstraints(min_length=1)] = "auditor-out"
    redact: Words = ()
    """Names of fields and headers whose values are masked; globs allowed."""


class Config(Strict):
    """auditor.yaml, or `[tool.auditor]`."""

    version: Literal[1] = 1
    target: TargetConfig = TargetConfig()
    identities: dict[str, IdentityConfig] = {}
    registration: Registration = Registration()
    safety: Safety = Safety()
    profile: Literal["quick", "standard", "deep"] = "standard"
    checks: Checks = Checks.model_validate({})
    operations: Many[OperationRule] = ()
    load: LoadConfig | None = None
    gates: Many[GateConfig] = ()
    baseline: Told | None = None
    """The file of known findings, relative to the configuration's folder; `auditor baseline create` writes it."""
    suppressions: Many[SuppressionConfig] = ()
    report: ReportConfig = ReportConfig()


def accepted(place: tuple[str | int, ...]) -> tuple[str, ...]:
    """Name the keys that may stand at `place` (keys and indices from the root); () where any may."""
    schema = Config.model_json_schema()
    node: JsonValue = schema
    for step in place:
        node = _below(_resolved(node, schema), step)
    return tuple(_resolved(node, schema).get("properties", ()))


def _resolved(node: Any, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow `X | None` and `$ref` to the schema of X."""
    for one in node.get("anyOf", ()):
        if one.get("type") != "null":
            return _resolved(one, schema)
    name = node.get("$ref", "").removeprefix("#/$defs/")
    found: Mapping[str, Any] = schema["$defs"][name] if name else node
    return found


def _below(node: Mapping[str, Any], step: str | int) -> Any:
    if isinstance(step, int):
        return node.get("items", {})
    below = node.get("properties", {}).get(step, node.get("additionalProperties"))
    return below if isinstance(below, dict) else {}
