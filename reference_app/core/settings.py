"""Settings, read from the environment (`REFERENCE_…`) and validated at start."""

from __future__ import annotations

import secrets

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

IN_MEMORY = "sqlite+aiosqlite://"


def random_secret() -> SecretStr:
    """Good for one process; several workers need `REFERENCE_JWT_SECRET`."""
    return SecretStr(secrets.token_urlsafe(48))


class Settings(BaseSettings):
    """Every knob of the application; the defaults are safe to run."""

    model_config = SettingsConfigDict(env_prefix="REFERENCE_", frozen=True, extra="forbid")

    title: str = "Reference marketplace"
    database_url: str = IN_MEMORY

    jwt_secret: SecretStr = Field(default_factory=random_secret, min_length=32)
    jwt_issuer: str = "reference-app"
    jwt_audience: str = "reference-app-clients"
    access_token_seconds: int = Field(default=900, ge=1)
    refresh_token_seconds: int = Field(default=14 * 86_400, ge=1)

    # Seals the secrets of second factors. Left out, it is derived from the secret above: whoever renews that
    # one then gives the old one here, or nobody with a second factor gets in.
    totp_key: SecretStr | None = Field(default=None, min_length=32)

    argon2_time_cost: int = Field(default=3, ge=1)
    argon2_memory_kib: int = Field(default=65_536, ge=8)
    argon2_parallelism: int = Field(default=1, ge=1)

    rate_limit_requests: int = Field(default=100, ge=1)
    rate_limit_window_seconds: float = Field(default=900, gt=0)
    login_failures: int = Field(default=5, ge=1)
    login_failures_window_seconds: float = Field(default=900, gt=0)

    cors_origins: tuple[str, ...] = ()
    cache_seconds: float = Field(default=30, ge=0)
    public_max_age_seconds: int = Field(default=300, ge=0, le=3600)
    max_body_bytes: int = Field(default=262_144, ge=1024)
    max_image_bytes: int = Field(default=131_072, ge=1024)
    first_account_is_admin: bool = False

    admin_email: str | None = None
    admin_password: SecretStr | None = None
    metrics_token: SecretStr | None = None


def calibration_settings(**overrides: object) -> Settings:
    """Settings under which an audit takes seconds: short windows, cheap hashes, a known admin."""
    chosen: dict[str, object] = {
        "argon2_time_cost": 1,
        "argon2_memory_kib": 8,
        "rate_limit_requests": 100,
        "rate_limit_window_seconds": 3,
        "login_failures": 5,
        "login_failures_window_seconds": 20,
        "admin_email": "admin@example.com",
        "admin_password": SecretStr("Calibrat1on-admin"),
    }
    return Settings.model_validate(chosen | overrides)
