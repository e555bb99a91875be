"""Seals what must not be readable on disk: passwords of users that the audit registered by itself.

A killed run leaves a ledger in its run folder, and to remove a registered user one has to sign in as that user. No
password lies there, nor anywhere else on disk: it is XORed with a pad, SHAKE-256 of the run's key and a fresh nonce,
so what was sealed tells nothing but its length. The key is 32 random bytes, made when the first secret is sealed, in
a file of its own (mode 0600) in the user's state folder. It is deleted as soon as the run has settled; from then on
nobody opens what was sealed, whoever was handed the run folder. Credentials that the user configured are never
sealed: they are read from the configuration again.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

KEY_BYTES = 32
NONCE_BYTES = 16
RUN_ID = re.compile(r"aud[0-9a-f]{12}")


def state_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return where programs of this user keep their state (XDG base directories; LOCALAPPDATA on Windows)."""
    known = os.environ if environ is None else environ
    base = known.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state") / "auditor"


class Vault:
    """The key of one run. Neither shows itself nor what it seals."""

    def __init__(self, run_id: str, folder: Path | None = None) -> None:
        """Raises `ValueError` for what is no run id: it becomes the name of a file."""
        if not RUN_ID.fullmatch(run_id):
            raise ValueError(f"{run_id!r} is no run id")
        self._path = (folder or state_folder()) / f"{run_id}.key"
        self._key: bytes | None = None

    def seal(self, text: str) -> str:
        """Return `text` so that only this run's key opens it; "" where no key can be kept."""
        key = self._known() or self._made()
        if key is None:
            return ""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return (nonce + padded(text.encode(), key, nonce)).hex()

    def open(self, sealed: str) -> str | None:
        """Return what was sealed; None when the key is gone or was another."""
        key = self._known()
        try:
            raw = bytes.fromhex(sealed)
            nonce, hidden = raw[:NONCE_BYTES], raw[NONCE_BYTES:]
            return padded(hidden, key, nonce).decode() if key is not None and hidden else None
        except ValueError:
            return None

    def destroy(self) -> None:
        """Delete the key."""
        self._key = None
        self._path.unlink(missing_ok=True)

    def _known(self) -> bytes | None:
        if self._key is None:
            try:
                read = self._path.read_bytes()
            except OSError:
                return None
            self._key = read if len(read) == KEY_BYTES else None
        return self._key

    def _made(self) -> bytes | None:
        key = secrets.token_bytes(KEY_BYTES)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(key)
        except OSError:
            return None
        self._key = key
        return key


def padded(text: bytes, key: bytes, nonce: bytes) -> bytes:
    pad = hashlib.shake_256(key + nonce).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, pad, strict=True))
