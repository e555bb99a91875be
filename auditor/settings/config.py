"""The configuration: found, read, filled from the environment, refused where it says what nobody honours.

Import this module late: pydantic and yaml live behind it and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from auditor.errors import ConfigError
from auditor.model import Json, Severity
from auditor.settings.config_model import Config, GateConfig, IdentityConfig, SuppressionConfig, accepted
from auditor.settings.config_secrets import accompanying, credential, grant, looks_like_token, secrets, texts
from auditor.settings.config_source import Place, Source, find, read, shown_place
from auditor.settings.config_values import per_second, seconds, severity
from auditor.verdicts.gates import CoverageGate, FindingsGate, Gate, ReachGate, ScoreGate
from auditor.verdicts.suppressing import Suppression

__all__ = [
    "AFTERWARDS",
    "Config",
    "IdentityConfig",
    "LoadedConfig",
    "accompanying",
    "baseline",
    "check_severities",
    "credential",
    "gates",
    "grant",
    "load",
    "per_second",
    "recorded",
    "require_known",
    "schema",
    "seconds",
    "secrets",
    "severity",
    "shown",
    "suppressions",
]

_MOST_PROBLEMS = 10
AFTERWARDS = ("version", "gates", "baseline", "suppressions")
"""The sections that concern a finished run."""
LONGEST = timedelta(days=366)
"""A suppression holds for a year at most, unless it says that it is for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """A configuration and where it came from."""

    config: Config
    path: Path | None
    """None: no file was found, all is default."""
    sources: Mapping[str, str]
    """Key path → "auditor.yaml:12", with the environment variables that went in; keys left out are defaults."""
    warnings: tuple[str, ...] = ()


def load(
    path: Path | None = None, *, cwd: Path, environ: Mapping[str, str], only: Collection[str] = ()
) -> LoadedConfig:
    """Find, read and judge the configuration; without a file, the defaults.

    `only` names the sections that matter: others are not looked at, and the variables they name need not be set.
    Raises `ConfigError` naming file, line and key path of everything that is wrong, secrets unsaid.
    """
    found = find(path, cwd=cwd, environ=environ)
    if found is None:
        return LoadedConfig(config=Config(), path=None, sources={})
    source = read(found, environ=environ, only=only)
    return LoadedConfig(
        config=_validated(source),
        path=found,
        sources={shown_place(place): _origin(source, place) for place in _leaves(source.values)},
        warnings=_warnings(source),
    )


def recorded(values: Mapping[str, Json]) -> LoadedConfig:
    """Read the sections `AFTERWARDS` of a configuration as run.json records it. Raises `ConfigError`.

    Its baseline is left out: where its folder was is not recorded.
    """
    kept = {key: values[key] for key in AFTERWARDS if key in values and key != "baseline"}
    try:
        return LoadedConfig(config=Config.model_validate(kept), path=None, sources={})
    except ValidationError as error:
        places = ", ".join(sorted({shown_place(one["loc"]) for one in error.errors(include_url=False)}))
    raise ConfigError(f"run.json: run.config cannot be read: {places}", "name the configuration with --config")


def shown(config: Config) -> dict[str, Json]:
    """Return the configuration as plain JSON, everything secret masked, nothing that was left out."""
    return config.model_dump(mode="json", exclude_none=True)


def schema() -> str:
    """Return the JSON Schema of auditor.yaml, for editors."""
    described = Config.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(described | {"title": "auditor.yaml"}, indent=2, sort_keys=True)


def check_severities(config: Config) -> Mapping[str, Severity]:
    """Return the severities that the user set, by check id."""
    set_by_user = ((check, one.severity) for check, one in config.checks.by_id.items())
    return {check: grade for check, grade in set_by_user if grade is not None}


def gates(config: Config) -> tuple[Gate, ...]:
    """Turn the configured gates into what `auditor.verdicts.gates` evaluates."""
    return tuple(_gate(one) for one in config.gates)


def baseline(loaded: LoadedConfig) -> Path | None:
    """Return where the configuration says the baseline is: relative to its own folder."""
    named = loaded.config.baseline
    return None if named is None or loaded.path is None else loaded.path.parent / named


def suppressions(loaded: LoadedConfig, *, today: date) -> tuple[Suppression, ...]:
    """Return the suppressions, each with its place. Raises `ConfigError` for one that ends too far ahead."""
    return tuple(_suppression(one, index, loaded, today) for index, one in enumerate(loaded.config.suppressions))


def _suppression(one: SuppressionConfig, index: int, loaded: LoadedConfig, today: date) -> Suppression:
    place = loaded.sources.get(f"suppressions[{index}].check", "").partition(" ")[0]
    latest = today + LONGEST
    if one.expires is not None and one.expires > latest:
        message = (
            f"{place}: suppressions[{index}].expires: expected a day within a year, by {latest}; got {one.expires}"
        )
        raise ConfigError(message, "renew it when it ends, or write permanent: true instead")
    return Suppression(
        check=one.check,
        operation=one.operation or "",
        signature=one.signature,
        reason=one.reason,
        expires=one.expires,
        owner=one.owner,
        ticket=one.ticket,
        source=place,
    )


def require_known(loaded: LoadedConfig, *, checks: Collection[str]) -> None:
    """Refuse settings of checks and families that do not exist: they would be ignored in silence.

    Raises `ConfigError`, with a suggestion. Selectors (`checks.skip`, `checks.only`, `operations`) are the runner's.
    """
    families = {check.partition(".")[0] for check in checks}
    scored = [gate.score.family for gate in loaded.config.gates if gate.score is not None and gate.score.family]
    wanted = [(check, "check", checks) for check in loaded.config.checks.by_id]
    wanted += [(family, "family", families) for family in scored]
    for name, word, known in wanted:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "auditor checks lists them"
            raise ConfigError(f"{loaded.path}: there is no {word} {name}", hint)
    for index, one in enumerate(loaded.config.suppressions):
        if not any(fnmatchcase(check, one.check) for check in checks):
            close = get_close_matches(one.check, checks, n=1)
            place = loaded.sources.get(f"suppressions[{index}].check", str(loaded.path))
            hint = f"did you mean {close[0]}?" if close else "auditor checks lists them"
            raise ConfigError(f"{place}: suppressions[{index}].check: no check matches {one.check}", hint)


def _gate(gate: GateConfig) -> Gate:
    how: dict[str, Any] = {"warns": gate.level == "warn", "must_be_measured": gate.on_unmeasured == "fail"}
    if gate.findings is not None:
        status = gate.findings.status
        return FindingsGate(at_least=gate.findings.at_least, status=status, most=gate.max or 0, **how)
    if gate.coverage is not None:
        return CoverageGate(least=gate.coverage.min, **how)
    if gate.reach is not None:
        return ReachGate(least=gate.reach.min, **how)
    if gate.score is None:
        raise ValueError("a gate without a measure")
    return ScoreGate(family=gate.score.family, least=gate.score.min, **how)


# --- judging what was read ----------------------------------------------------------------------------------


def _validated(source: Source) -> Config:
    values = {} if source.values is None else source.values
    if not isinstance(values, dict):
        raise ConfigError(f"{source.at(())}: expected keys such as target and identities", "see: auditor config schema")
    problems: Sequence[ErrorDetails] = ()
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    # Raised outside the handler: a chained ValidationError would carry the values, secrets too.
    lines = sorted({_problem(one, source) for one in problems})
    more = [f"… and {len(lines) - _MOST_PROBLEMS} more"] if len(lines) > _MOST_PROBLEMS else []
    texts_only = [text for _, text in lines[:_MOST_PROBLEMS]]
    raise ConfigError("\n".join(texts_only + more), "auditor config schema prints what may be written where")


def _problem(error: ErrorDetails, source: Source) -> tuple[int, str]:
    """Say where it is (the line comes first, for sorting), what was expected and what is there."""
    context = error.get("ctx", {})
    place: Place = (*(step for step in error["loc"] if step != "[key]"), *context.get("at", ()))
    if error["type"] == "extra_forbidden":
        text = _unknown(place)
    else:
        text = f"{shown_place(place)}: {_expected(error)}{_got(error, place, source)}"
    return source.line(place), f"{source.at(place)}: {text}"


def _unknown(place: Place) -> str:
    """Refuse a key. Below `identities` it is quoted only beside a close match: `{bearer:abc}` is a key to YAML."""
    parent, key = place[:-1], str(place[-1])
    known = accepted(parent)
    close = get_close_matches(key, known, n=1, cutoff=0.6)
    secret = parent[:1] == ("identities",) and not (close and re.fullmatch(r"[A-Za-z_-]{1,12}", key))
    where = shown_place(parent) or "the file"
    named = f"unknown key in {where}" if secret else f"unknown key {shown_place(place)}"
    advice = f"did you mean {close[0]}?" if close and not secret else f"expected one of: {', '.join(known)}"
    return f"{named}; {advice}"


def _expected(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    for technical, plain in _PLAIN.items():
        message = message.replace(technical, plain)
    return re.sub(r"( or instance of \w+)$", "", message)


_PLAIN = {
    "Input should be a valid": "expected a",
    "Input should be": "expected",
    "Value should have at least 1 item after validation, not 0": "expected at least one",
    "Field required": "expected a value, but the key is missing",
    "String should": "expected a text that should",
    "should match pattern '\\S'": "says something",
    "should match pattern '^[A-Z]+ /\\S*$'": "reads like POST /api/v1/login",
    "should match pattern '^(/[^/]+)+$'": "is a JSON pointer such as /access_token",
    "dictionary": "mapping of keys",
    "tuple": "list",
    "a integer": "an integer",
}


def _got(error: ErrorDetails, place: Place, source: Source) -> str:
    """Quote the value unless it is or may be secret: below `identities`, from the environment, or marked so."""
    value = error["input"]
    if error["type"] == "missing" or error.get("ctx", {}).get("hide"):
        return ""
    if variables := source.variables_at(place):
        return f", got the value of {', '.join(variables)}"
    kind = _KINDS.get(type(value), type(value).__name__)
    if place[:1] == ("identities",) or isinstance(value, dict | list):
        return f", got a {kind}".replace("a nothing", "nothing")
    return f", got {json.dumps(value, ensure_ascii=False, default=str)[:80]}"


_KINDS: Mapping[type, str] = {
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
    dict: "mapping",
    list: "list",
    tuple: "list",
    type(None): "nothing",
}


# --- where values came from ---------------------------------------------------------------------------------


def _leaves(value: Json, place: Place = ()) -> list[Place]:
    if isinstance(value, dict) and value:
        return [leaf for key, one in value.items() for leaf in _leaves(one, (*place, key))]
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return [leaf for index, one in enumerate(value) for leaf in _leaves(one, (*place, index))]
    return [place] if place else []


def _origin(source: Source, place: Place) -> str:
    variables = ", ".join(source.variables_at(place))
    return f"{source.at(place)} ({variables})" if variables else source.at(place)


def _warnings(source: Source) -> tuple[str, ...]:
    identities = source.values.get("identities", {}) if isinstance(source.values, dict) else {}
    return tuple(
        f"{source.at(place)}: {shown_place(place)} holds what looks like a token, in plain text; "
        f"write ${{{_variable(place)}}} and set that environment variable instead"
        for place, text in texts(identities, ("identities",))
        if looks_like_token(text) and not source.variables_at(place) and place[-1] not in _PUBLIC
    )


_PUBLIC = frozenset({"operation", "role", "token_url", "scope"})
"""Keys below `identities` that hold no secret, however they look."""


def _variable(place: Place) -> str:
    """Suggest a variable: identities.alice.bearer → ALICE_BEARER."""
    return re.sub(r"\W+", "_", "_".join(str(step) for step in place[1:3])).upper()
