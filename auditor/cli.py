"""The command line. Knows everybody, imports late: `auditor --help` loads nothing but typer."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from auditor import __version__
from auditor.commands.options import (
    AllowWrites,
    BaseUrl,
    Concurrency,
    ConfigFile,
    DocumentPlace,
    Exclude,
    FurtherChecks,
    Header,
    IdentityOption,
    Include,
    Insecure,
    LeastSeverity,
    LoadFor,
    MaxRate,
    MaxRequests,
    NoProgress,
    ReadOnly,
    RunFolder,
    Seed,
    Target,
    TargetNow,
    Throwaway,
    VerdictOnly,
)
from auditor.errors import AuditorError

if TYPE_CHECKING:
    from auditor.check import Check

EPILOG = """Exit codes: 0 gates passed · 1 a gate failed · 2 usage, configuration or document · 3 target unreachable ·
4 inconclusive · 5 a bug of ours · 130/143 interrupted."""

FORMATS = "html, json, sarif, junit, gitlab, github, md, har or csv"

app = typer.Typer(
    name="auditor",
    help="Lighthouse for backends: audits a running HTTP API from its OpenAPI document, with evidence.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Profile(StrEnum):
    QUICK = "quick"
    STANDARD = "standard"
    DEEP = "deep"


def version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"auditor {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command(epilog=EPILOG)
def run(
    target: Target = None,
    config: ConfigFile = None,
    profile: Annotated[Profile | None, typer.Option(help="How much to ask: quick, standard or deep.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only these checks: ids, globs, families, standards.")] = None,
    skip: Annotated[list[str] | None, typer.Option(help="Leave these checks out.")] = None,
    include: Include = None,
    exclude: Exclude = None,
    header: Header = None,
    identity: IdentityOption = None,
    document: DocumentPlace = None,
    base_url: BaseUrl = None,
    checks: Annotated[
        list[Path] | None, typer.Option(help="Further checks: a Python file or a folder of them.")
    ] = None,
    allow_writes: AllowWrites = False,
    read_only: ReadOnly = False,
    throwaway: Throwaway = False,
    load: LoadFor = None,
    users: Annotated[int | None, typer.Option(min=1, help="Most simultaneous users of the load.")] = None,
    max_requests: MaxRequests = None,
    max_time: Annotated[str | None, typer.Option(help="Probe no longer than this: 15m.")] = None,
    rate: MaxRate = None,
    concurrency: Concurrency = None,
    seed: Seed = None,
    insecure: Insecure = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan; send nothing but the request for the document.")
    ] = False,
    fail_on: LeastSeverity = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Findings in this file are known, not new: auditor baseline create writes it.")
    ] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Folder of an earlier run: say what was fixed since, and what is new.")
    ] = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", "-f", help=f"Report to write: {FORMATS}; F=PATH, F=- for stdout.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Folder of the run (auditor-out).")] = None,
    quiet: VerdictOnly = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Everything, known findings too.")] = False,
    open_report: Annotated[bool, typer.Option("--open", help="Open the HTML report when done.")] = False,
) -> None:
    """Audit a backend. Writes auditor-out/report.html and run.json, and says what it found."""
    from auditor.settings.ordering import Options

    options = Options(
        target=target,
        profile=profile,
        only=tuple(only or ()),
        skip=tuple(skip or ()),
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        headers=tuple(header or ()),
        identities=tuple(identity or ()),
        allow_writes=allow_writes,
        read_only=read_only,
        throwaway=throwaway,
        load=load,
        users=users,
        max_requests=max_requests,
        max_time=max_time,
        rate=rate,
        concurrency=concurrency,
        seed=seed,
        fail_on=fail_on,
        baseline=baseline,
        output=output,
        document=document,
        base_url=base_url,
        insecure=insecure,
        command=typed_command(),
    )
    from auditor.commands import running

    raise typer.Exit(
        running.run(
            options,
            config=config,
            checks=all_checks(checks or ()),
            dry_run=dry_run,
            formats=tuple(formats or ()),
            quiet=quiet,
            verbose=verbose,
            open_report=open_report,
            previous=previous,
        )
    )


@app.command(
    epilog="Exit codes: 0 every operation was reached · 1 some was not · 4 that could not be said; others as for run."
)
def doctor(
    target: Target = None,
    config: ConfigFile = None,
    include: Include = None,
    exclude: Exclude = None,
    header: Header = None,
    identity: IdentityOption = None,
    document: DocumentPlace = None,
    base_url: BaseUrl = None,
    allow_writes: AllowWrites = False,
    read_only: ReadOnly = False,
    throwaway: Throwaway = False,
    max_requests: MaxRequests = None,
    max_time: Annotated[str | None, typer.Option(help="Ask no longer than this: 15m.")] = None,
    rate: MaxRate = None,
    concurrency: Concurrency = None,
    seed: Seed = None,
    insecure: Insecure = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder to keep the run in; else nothing is kept.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    quiet: NoProgress = False,
) -> None:
    """See what an audit of a backend would reach: who signs in, what creates what, what is missing and why.

    Signs in, makes objects, calls every operation once and removes what it made; nothing is judged. For each
    operation that stays out of reach it says what the target answered, and the line of auditor.yaml that would help.
    """
    from auditor.commands import doctor as surgery
    from auditor.settings.ordering import Options

    options = Options(
        target=target,
        include=tuple(include or ()),
        exclude=tuple(exclude or ()),
        headers=tuple(header or ()),
        identities=tuple(identity or ()),
        document=document,
        base_url=base_url,
        allow_writes=allow_writes,
        read_only=read_only,
        throwaway=throwaway,
        max_requests=max_requests,
        max_time=max_time,
        rate=rate,
        concurrency=concurrency,
        seed=seed,
        insecure=insecure,
        output=output,
        command=typed_command(),
    )
    raise typer.Exit(surgery.run(options, config=config, as_json=as_json, quiet=quiet))


@app.command()
def init(
    target: Annotated[
        str, typer.Argument(help="Base address of the backend, or the URL or file of its OpenAPI document.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path("auditor.yaml"),
    header: Annotated[
        list[str] | None, typer.Option("--header", "-H", help="Send with the request for the document: 'Name: value'.")
    ] = None,
    document: DocumentPlace = None,
    base_url: BaseUrl = None,
    insecure: Insecure = False,
) -> None:
    """Write a first auditor.yaml from what the document says. Sends nothing but requests for the document."""
    from auditor.commands import initialising
    from auditor.settings.ordering import Options

    options = Options(
        target=target, document=document, base_url=base_url, headers=tuple(header or ()), insecure=insecure
    )
    typer.echo(initialising.init(options, output, today=datetime.now(UTC).date()))


@app.command(epilog=EPILOG)
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")] = Path("auditor-out"),
    defect: Annotated[list[str] | None, typer.Option(help="Defects to switch on instead of the usual ones.")] = None,
    quiet: VerdictOnly = False,
    open_report: Annotated[bool, typer.Option("--open/--no-open", help="Open the HTML report when done.")] = False,
) -> None:
    """Audit the bundled API with a few defects switched on. Exits 0 when exactly these were found."""
    from auditor.commands import demo as demonstration

    raise typer.Exit(
        demonstration.run(
            all_checks(()), output=output, defects=tuple(defect or ()), quiet=quiet, open_report=open_report
        )
    )


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    defect: Annotated[list[str] | None, typer.Option(help="Switch a defect on (repeat for more).")] = None,
    decoy: Annotated[
        list[str] | None, typer.Option(help="Switch a decoy on: sound, though it looks like a defect.")
    ] = None,
    list_switches: Annotated[bool, typer.Option("--list", help="List defects and decoys.")] = False,
) -> None:
    """Run the bundled reference API, right by default and wrong on request."""
    from auditor.calibrating import serving

    raise typer.Exit(
        serving.serve(host=host, port=port, defects=defect or (), decoys=decoy or (), listing=list_switches)
    )


class CalibrationTarget(StrEnum):
    FASTAPI = "fastapi"
    EXPRESS = "express"


@app.command()
def calibrate(
    target: Annotated[
        CalibrationTarget, typer.Option(help="The API to hold the checks against; express needs Node and npm.")
    ] = CalibrationTarget.FASTAPI,
    family: Annotated[list[str] | None, typer.Option(help="Only the checks of this family.")] = None,
    check: Annotated[list[str] | None, typer.Option(help="Only this check, its defects and decoys.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Cells at a time; 0 for one per core.")] = 0,
    full: Annotated[
        bool,
        typer.Option(
            "--full", help="Every check on every cell, but for those that are held alone; decoys a few at a time."
        ),
    ] = False,
    turn: Annotated[
        int, typer.Option(min=0, help="Which part of the API comes along in which cell; another number, another part.")
    ] = 0,
    json_to: Annotated[Path | None, typer.Option("--json", help="Write the matrix here.")] = None,
    page: Annotated[Path | None, typer.Option("--page", help="Write the documentation page here.")] = None,
    express_modules: Annotated[
        Path | None, typer.Option(help="Folder with the Express API's packages; else installed once, in the cache.")
    ] = None,
) -> None:
    """Hold every check against its own defect, its decoys and the clean API. Exits 1 if any cell is off."""
    from auditor.calibrating import calibration

    raise typer.Exit(
        calibration.run(
            all_checks(()),
            target=target,
            express_modules=express_modules,
            families=family or (),
            only=check or (),
            jobs=jobs,
            full=full,
            turn=turn,
            json_to=json_to,
            page=page,
        )
    )


@app.command("checks")
def list_checks(
    family: Annotated[str | None, typer.Argument(help="Only this family.")] = None,
    more: FurtherChecks = None,
) -> None:
    """List the checks: what each one promises, how much it weighs, which standards it answers."""
    from auditor.commands import listing

    listing.print_checks(all_checks(more or ()), family=family)


@app.command()
def explain(check: Annotated[str, typer.Argument(help="Id of a check, for instance authz.bola-read.")]) -> None:
    """Say what a check promises, why it matters, how to mend what it finds, and how it asks."""
    from auditor.commands import listing

    listing.print_explanation(all_checks(()), check)


@app.command()
def judge(
    folder: RunFolder = Path("auditor-out"),
    more: FurtherChecks = None,
) -> None:
    """Judge the recorded evidence again with the rules of today, without a network; say what comes out differently."""
    from auditor.commands import rejudging

    raise typer.Exit(rejudging.run(folder, all_checks(more or ())))


@app.command(
    epilog="Exit codes: 0 it did not come again · 1 it came again · 4 it could not be judged; others as for run."
)
def replay(
    fingerprint: Annotated[str, typer.Argument(help="The finding's fingerprint, or how it begins: 0123456789ab.")],
    recorded: Annotated[Path, typer.Option("--run", help="Folder of the run that found it, or its run.json.")] = Path(
        "auditor-out"
    ),
    target: TargetNow = None,
    config: ConfigFile = None,
    identity: Annotated[
        list[str] | None, typer.Option(help="A caller of that run: NAME=TOKEN, NAME:admin=TOKEN.")
    ] = None,
    header: Header = None,
    more: FurtherChecks = None,
    allow_writes: AllowWrites = False,
    load: LoadFor = None,
    insecure: Insecure = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder to keep the replay's own run in; else nothing is kept."),
    ] = None,
    quiet: NoProgress = False,
) -> None:
    """Ask the target again for one finding, and say whether it came again.

    The audit that found it, held to its check and its operation: seed, profile and target are the recorded run's,
    configuration and callers are given anew.
    """
    from auditor.commands import replaying
    from auditor.settings.ordering import Options

    options = Options(
        target=target,
        identities=tuple(identity or ()),
        headers=tuple(header or ()),
        allow_writes=allow_writes,
        load=load,
        insecure=insecure,
        output=output,
        command=typed_command(),
    )
    raise typer.Exit(
        replaying.run(fingerprint, recorded, options, config=config, checks=all_checks(more or ()), quiet=quiet)
    )


@app.command(
    epilog="Exit codes: 0 nothing is left · 2 usage, configuration or document · 3 target unreachable · "
    "4 something is left · 5 a bug of ours."
)
def cleanup(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of the run that was killed.")] = Path(
        "auditor-out"
    ),
    config: ConfigFile = None,
    header: Header = None,
    identity: Annotated[
        list[str] | None, typer.Option(help="A caller of that run, or an administrator: NAME=TOKEN, NAME:admin=TOKEN.")
    ] = None,
    target: TargetNow = None,
    document: Annotated[str | None, typer.Option(help="Where the document is now.")] = None,
    insecure: Insecure = False,
) -> None:
    """Remove what a killed run left on its target, from the ledger in its folder.

    Users that the run registered are signed in again; callers of yours are taken from the configuration again. It may
    be repeated: what is gone is struck from the ledger, and the ledger goes when nothing is left.
    """
    from auditor.commands import cleaning
    from auditor.settings.ordering import Options

    options = Options(
        target=target,
        headers=tuple(header or ()),
        identities=tuple(identity or ()),
        document=document,
        insecure=insecure,
    )
    raise typer.Exit(cleaning.run(folder, options, config=config))


@app.command()
def report(
    folder: RunFolder = Path("auditor-out"),
    formats: Annotated[
        list[str] | None, typer.Option("--format", "-f", help=f"{FORMATS}; F=PATH, F=- for stdout.")
    ] = None,
) -> None:
    """Write the reports of a finished run again, from its folder alone."""
    from auditor.commands import reporting

    reporting.again(folder, formats=tuple(formats or ("html",)))


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"


Folder = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a finished run, or its run.json.")]


@app.command()
def compare(
    old: Annotated[Path, typer.Argument(help="Folder of the older run, or its run.json.")],
    new: Annotated[Path, typer.Argument(help="Folder of the newer run.")] = Path("auditor-out"),
    form: Annotated[Form, typer.Option("--format", "-f", help="text or json.")] = Form.TEXT,
) -> None:
    """Say what was fixed from one run to the next, what is new or worse, and what cannot be compared.

    Fixed means judged again and not found. A new finding is a regression only where the older run judged it and it
    passed; other input may have found what was always there. Always exits 0: `auditor gate` decides.
    """
    from auditor.commands import gating

    raise typer.Exit(gating.compare(old, new, form="json" if form is Form.JSON else "text"))


@app.command(epilog=EPILOG)
def gate(
    run: Folder = Path("auditor-out"),
    fail_on: LeastSeverity = None,
    baseline: Annotated[Path | None, typer.Option(help="Findings in this file are known, not new.")] = None,
    config: ConfigFile = None,
) -> None:
    """Hold a finished run against the gates again, without asking the target anything.

    For a change of gates, baseline or suppressions, and for a job that gates after the reports were uploaded. The
    gates are those of auditor.yaml; without one, those the run was made with.
    """
    from auditor.commands import gating

    raise typer.Exit(gating.gate(run, fail_on=fail_on, baseline=baseline, config=config))


baseline_app = typer.Typer(
    help="Keep the file of known findings, so that a gate fails on new ones only.\n\n"
    "A finding in it is known, unless it got worse or its entry's `expires` has passed. Critical findings and "
    "latency are never in it: the first need a suppression with a reason.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(baseline_app, name="baseline")
BaselineFile = Annotated[
    Path | None, typer.Option(help="The file; else the one auditor.yaml names, else auditor-baseline.json.")
]


@baseline_app.command("create")
def baseline_create(run: Folder = Path("auditor-out"), file: BaselineFile = None) -> None:
    """Write down what a run found, as the debt to start from."""
    from auditor.commands import gating

    raise typer.Exit(gating.create(run, file))


@baseline_app.command("update")
def baseline_update(run: Folder = Path("auditor-out"), file: BaselineFile = None) -> None:
    """Add what a run found; nothing is removed, and reasons and tickets stay."""
    from auditor.commands import gating

    raise typer.Exit(gating.update(run, file))


@baseline_app.command("prune")
def baseline_prune(run: Folder = Path("auditor-out"), file: BaselineFile = None) -> None:
    """Remove what a run judged again and did not find; a run that did not finish removes nothing."""
    from auditor.commands import gating

    raise typer.Exit(gating.prune(run, file))


config_app = typer.Typer(help="Look at the configuration.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(config_app, name="config")


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of auditor.yaml, for editors."""
    from auditor.settings import config

    typer.echo(config.schema())


@config_app.command("show")
def config_show(
    config: ConfigFile = None,
) -> None:
    """Print every effective value and where it came from, secrets masked."""
    from auditor.settings import config as configuration
    from auditor.settings import showing

    loaded = configuration.load(config, cwd=Path.cwd(), environ=os.environ)
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    showing.print_config(loaded)


@config_app.command("validate")
def config_validate(
    path: Annotated[Path | None, typer.Argument(help="The file; else the nearest auditor.yaml.")] = None,
) -> None:
    """Read the configuration as a run would, and say what is wrong with it."""
    from auditor.settings import config

    loaded = config.load(path, cwd=Path.cwd(), environ=os.environ)
    config.require_known(loaded, checks=[one.id for one in all_checks(())])
    config.suppressions(loaded, today=datetime.now(UTC).date())
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(f"{loaded.path or 'no auditor.yaml: all is default'}: valid")


def all_checks(paths: Sequence[Path]) -> tuple[Check[Any], ...]:
    import checks
    from auditor import plugins

    return plugins.load(checks.load(), paths)


def typed_command() -> str:
    """Return the command as typed, credentials left out."""
    from auditor.secrecy.redaction import command_line

    return command_line(["auditor", *sys.argv[1:]])


def main() -> NoReturn:
    """Run the command line; every error ends as one message on stderr and its exit code."""
    try:
        app(standalone_mode=True)
    except AuditorError as error:
        typer.echo(f"error: {error.message}", err=True)
        if error.hint:
            typer.echo(f"  → {error.hint}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as bug:
        report_bug(bug)
        sys.exit(5)
    sys.exit(0)


def report_bug(bug: Exception) -> None:
    """Say that it is our fault, without values: an exception's text may hold what the target said."""
    import traceback

    frames = traceback.extract_tb(bug.__traceback__)[-4:]
    typer.echo(f"error: a bug in auditor {__version__}: {type(bug).__name__}", err=True)
    for frame in frames:
        typer.echo(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}", err=True)
    typer.echo("  → please report these lines; AUDITOR_DEBUG=1 prints the whole traceback", err=True)
    if os.environ.get("AUDITOR_DEBUG"):
        traceback.print_exception(bug)


if __name__ == "__main__":
    main()
