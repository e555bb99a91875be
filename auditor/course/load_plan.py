"""What a load test sends, how many users send it at once and for how long."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from auditor.model import Credential, LoadStage, Request
from auditor.sending.attaching import attached


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRequest:
    """A golden request with its share in the mix. All but the label may hold credentials: kept out of `repr`.

    `url` is path and query as sent, relative to the plan's host. Without `expect`, 2xx and 3xx are successes.
    """

    name: str
    method: str
    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    weight: float = 1.0
    expect: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.url.startswith("/"):
            raise ValueError(f"{self.name}: a load request goes to the plan's host, its url must begin with '/'")
        if self.weight <= 0:
            raise ValueError(f"{self.name}: weight {self.weight} is not positive")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to send, how many at once and how long.

    Of a stage only `users` and `seconds` (1 or more) are read. With `rate_per_user` (requests/s) every user keeps a
    schedule and latency counts from the due time; without, a user asks again `think_seconds` after its answer, which
    under-counts stalls. `budget_ms` is the latency that matters, if any does.
    """

    host: str = field(repr=False)
    requests: tuple[LoadRequest, ...]
    stages: tuple[LoadStage, ...]
    verify_tls: bool = True
    timeout_seconds: float = 10.0
    rate_per_user: float | None = None
    think_seconds: float = 0.0
    budget_ms: float | None = None

    def __post_init__(self) -> None:
        if urlsplit(self.host).scheme not in {"http", "https"}:
            raise ValueError("the host of a load plan begins with http:// or https://")
        if not self.requests or not self.stages:
            raise ValueError("a load plan needs at least one request and one stage")
        if any(stage.users < 1 or stage.seconds < 1 for stage in self.stages):
            raise ValueError("a stage has at least 1 user and lasts at least 1 s")

    @property
    def seconds(self) -> float:
        return sum(stage.seconds for stage in self.stages)


def default_stages(profile: str) -> tuple[LoadStage, ...]:
    """Return the stages of a profile: "quick", "standard", "deep", or "short" for demos and calibration."""
    users, seconds = {
        "short": ((1, 5, 20), 2.0),
        "quick": ((1, 5, 10), 2.0),
        "standard": ((1, 5, 10, 20), 10.0),
        "deep": ((1, 5, 10, 20), 10.0),
    }[profile]
    return tuple(LoadStage(users=count, seconds=seconds) for count in users)


def load_request(
    request: Request,
    credential: Credential | None = None,
    *,
    root: str = "",
    weight: float = 1.0,
    expect: tuple[int, ...] = (),
) -> LoadRequest:
    """Make a request repeatable outside the session: the credential is written into it."""
    sent = request.credential or credential or Credential()
    replaced = {name.lower() for name, _ in sent.headers}
    kept = tuple(pair for pair in request.headers if pair[0].lower() not in replaced)
    complete = attached(replace(request, headers=kept), sent, root=root)
    return LoadRequest(
        name=request.operation.label if request.operation else f"{request.method} {request.path}",
        method=request.method,
        url=complete.url,
        headers=complete.headers,
        body=request.body,
        weight=weight,
        expect=expect,
    )
