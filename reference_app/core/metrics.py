"""Counts and times requests, in the Prometheus text format."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(slots=True)
class Series:
    """One histogram: how many fell into each bucket, and the sum."""

    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_SECONDS) + 1))
    seconds: float = 0.0


class Metrics:
    """`http_requests_total` and `http_request_duration_seconds` by method, route and status."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int], Series] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in KNOWN_METHODS else "other"
        series = self._series.setdefault((known, route, status), Series())
        series.buckets[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        series.seconds += seconds

    def text(self) -> str:
        return "\n".join([*self._counters(), *self._histograms(), ""])

    def _counters(self) -> list[str]:
        head = "# HELP http_requests_total Requests answered.", "# TYPE http_requests_total counter"
        lines = [
            f"http_requests_total{{{labels(*key)}}} {sum(series.buckets)}"
            for key, series in sorted(self._series.items())
        ]
        return [*head, *lines]

    def _histograms(self) -> list[str]:
        name = "http_request_duration_seconds"
        lines = [f"# HELP {name} Time to answer.", f"# TYPE {name} histogram"]
        for key, series in sorted(self._series.items()):
            lines += histogram(name, labels(*key), series)
        return lines


def labels(method: str, route: str, status: int) -> str:
    return f'method="{method}",route="{route}",status="{status}"'


def histogram(name: str, label: str, series: Series) -> list[str]:
    bounds = [*(str(bound) for bound in BUCKETS_SECONDS), "+Inf"]
    below = [sum(series.buckets[: at + 1]) for at in range(len(bounds))]
    return [
        *(f'{name}_bucket{{{label},le="{bound}"}} {count}' for bound, count in zip(bounds, below, strict=True)),
        f"{name}_sum{{{label}}} {series.seconds:.6f}",
        f"{name}_count{{{label}}} {below[-1]}",
    ]
