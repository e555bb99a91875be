"""One-time codes of an authenticator (RFC 6238, RFC 4226), and the sealing of the secrets they come from."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pyotp.exceptions import OTPVerificationError

from reference_app.core.settings import Settings

DRIFT_STEPS = 1
"""RFC 6238 §5.2: one step of 30 s on either side, for the network and for clocks that differ."""
log = logging.getLogger("reference_app")


class Totp:
    """Makes secrets, seals them for the database, and tells codes that fit from codes that do not."""

    def __init__(self, settings: Settings, *, clock: Callable[[], float] = time.time) -> None:
        self._issuer = settings.title
        self._clock = clock
        self._box = Fernet(derived_key((settings.totp_key or settings.jwt_secret).get_secret_value()))

    def new_secret(self) -> str:
        """160 random bits in base32, as RFC 4226 §4 (R6) recommends."""
        return pyotp.random_base32()

    def seal(self, secret: str) -> str:
        """What the database keeps: whoever copies it can compute no code."""
        return self._box.encrypt(secret.encode()).decode()

    def uri(self, secret: str, account: str) -> str:
        """What an authenticator scans: `otpauth://totp/<issuer>:<account>?secret=…`."""
        return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=self._issuer)

    def step_of(self, sealed: str, code: str) -> int | None:
        """The time step that the code belongs to, or None where it fits none that is near enough."""
        try:
            totp = pyotp.TOTP(self._box.decrypt(sealed.encode()).decode())
            return totp.verify_and_get_timecode(code, for_time=self._clock(), valid_window=DRIFT_STEPS)
        except OTPVerificationError:
            return None
        except InvalidToken:
            log.error("the secret of a second factor cannot be opened: was the key changed?")
            return None


def derived_key(secret: str) -> bytes:
    """A key of its own (RFC 5869), also where the secret serves something else as well."""
    derived = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"totp secrets").derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
