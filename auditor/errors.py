"""What can go wrong that is not the target's failing, each with a hint and an exit code.

AuditorError                      5  our bug, when nothing better is known
├── UsageError                    2  the command or the configuration is wrong; nothing was probed
│   ├── ConfigError               2  a key or a value in the configuration
│   └── DocumentError             2  a document that was named and cannot be used
├── TargetUnreachable             3  nothing answered at the address
└── TargetUnhealthy               4  the target stopped answering while it was audited
"""

from __future__ import annotations

from typing import ClassVar


class AuditorError(Exception):
    """An error for the user: what was wrong and where (`message`), and what to do next (`hint`)."""

    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(AuditorError):
    exit_code = 2


class ConfigError(UsageError):
    pass


class DocumentError(UsageError):
    pass


class TargetUnreachable(AuditorError):
    exit_code = 3


class TargetUnhealthy(AuditorError):
    exit_code = 4
