"""Hypothesis profiles of these tests: `wide` draws many other backends, with or without `--hypothesis-seed`."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("wide", max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
