"""Options that several commands take. Imported by the command line only, which loads nothing but typer."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FailOn(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


Target = Annotated[
    str | None,
    typer.Argument(help="Base address of the backend, or the URL or file of its OpenAPI document (- is stdin)."),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="auditor.yaml to use instead of the nearest one.")
]
Include = Annotated[list[str] | None, typer.Option(help="Only these operations: 'GET /users/*'.")]
Exclude = Annotated[list[str] | None, typer.Option(help="Leave these operations out.")]
Header = Annotated[list[str] | None, typer.Option("--header", "-H", help="Send with every request: 'Name: value'.")]
IdentityOption = Annotated[
    list[str] | None, typer.Option(help="A caller: NAME=TOKEN, NAME:admin=TOKEN or 'NAME=X-API-Key: KEY'.")
]
DocumentPlace = Annotated[str | None, typer.Option(help="Where the document is, when the target does not serve it.")]
BaseUrl = Annotated[
    str | None, typer.Option(help="Where the API is, when the document does not say or says it wrongly.")
]
AllowWrites = Annotated[bool, typer.Option("--allow-writes", help="Allow writes on a target that is not this machine.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Send nothing that writes, on this machine either.")]
Throwaway = Annotated[
    bool, typer.Option("--throwaway", help="Nothing there is worth keeping: call what changes all of it as well.")
]
LoadFor = Annotated[str | None, typer.Option(help="Allow load, for so long in all: 30s.")]
MaxRequests = Annotated[int | None, typer.Option(min=1, help="Send no more than this.")]
MaxRate = Annotated[str | None, typer.Option(help="Send no faster than this: 40/s.")]
Concurrency = Annotated[int | None, typer.Option(min=1, max=64, help="Requests in flight at once.")]
Seed = Annotated[str | None, typer.Option(help="Same seed, same questions.")]
Insecure = Annotated[bool, typer.Option("--insecure", help="Accept any TLS certificate.")]
LeastSeverity = Annotated[FailOn | None, typer.Option(help="Least severity that fails the default gate (high).")]
VerdictOnly = Annotated[bool, typer.Option("--quiet", "-q", help="Only the verdict.")]
NoProgress = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
FurtherChecks = Annotated[list[Path] | None, typer.Option("--checks", help="Further checks: a file or a folder.")]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run.")]
TargetNow = Annotated[str | None, typer.Option(help="Where the API is now, if not where that run found it.")]
