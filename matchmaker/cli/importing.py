"""``matchmaker import``: take a portfolio in."""

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from matchmaker.cli.options import JsonFlag, hint
from matchmaker.cli.output import FAILED, console, print_json, progress
from matchmaker.cli.session import catch_up, opened
from matchmaker.errors import FileRefused
from matchmaker.portfolios import readers
from matchmaker.portfolios.importing import Outcome, import_file
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.problems import HEADINGS, Problem, write_report
from matchmaker.portfolios.readers import Format
from matchmaker.texts import Language, say

# Problems shown on the screen; a report file holds them all.
_SHOWN = 20


def run(
    file: Annotated[Path, typer.Argument(help=hint("import.file"))],
    format: Annotated[Format, typer.Option(help=hint("import.format"))] = Format.AUTO,  # noqa: A002
    owner: Annotated[str | None, typer.Option(help=hint("import.owner"))] = None,
    mapping: Annotated[Path | None, typer.Option(help=hint("import.mapping"))] = None,
    report: Annotated[Path | None, typer.Option(help=hint("import.report"))] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=hint("import.dry_run"))] = False,
    yes: Annotated[bool, typer.Option("--yes", help=hint("import.yes"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Import a file, make it searchable, and say what happened to each row."""
    with opened(as_json=as_json) as (application, language):
        chosen = Mapping.load(mapping) if mapping else Mapping()
        total = readers.count_rows(file)
        if report:
            _check_report(report, file, mapping)
        with progress(say("cli.import.storing", language), total) as advance:
            outcome = import_file(
                application.database,
                application.clock,
                file,
                format=format,
                owner=owner,
                mapping=chosen,
                dry_run=dry_run,
                on_progress=advance,
            )
        if report:
            write_report(outcome.problems, report, language)
        if not dry_run:
            catch_up(application, language)
        _show(outcome, language, as_json=as_json, dry_run=dry_run)
        if outcome.rejected == outcome.rows_read:
            raise typer.Exit(FAILED)


def _check_report(report: Path, *sources: Path | None) -> None:
    """Refuse before anything is stored: a report that cannot be written would be missed afterwards."""
    if any(source is not None and report.resolve() == source.resolve() for source in sources):
        raise FileRefused("file.report_over_source", file=report.name)
    if not os.access(report.parent, os.W_OK) or report.is_dir():
        raise FileRefused("file.report", file=report.name)


def _show(outcome: Outcome, language: Language, *, as_json: bool, dry_run: bool) -> None:
    counts = {
        "created": outcome.created,
        "updated": outcome.updated,
        "unchanged": outcome.unchanged,
        "rejected": outcome.rejected,
        "warnings": outcome.warnings,
    }
    if as_json:
        print_json(
            {
                "rows_read": outcome.rows_read,
                **counts,
                "dry_run": dry_run,
                "problems": [_problem(problem, language) for problem in outcome.problems],
            }
        )
        return
    screen = console()
    summary = " · ".join(f"{value:,} {say(f'cli.import.{name}', language)}" for name, value in counts.items())
    screen.print(f"{say('cli.import.rows', language, number=f'{outcome.rows_read:,}')}: {summary}")
    if dry_run:
        screen.print(say("cli.import.dry", language))
    if outcome.problems:
        screen.print(_table(outcome.problems[:_SHOWN], language))
    if len(outcome.problems) > _SHOWN:
        screen.print(say("cli.import.more", language, number=f"{len(outcome.problems) - _SHOWN:,}"))


def _table(problems: list[Problem], language: Language) -> Table:
    table = Table()
    for heading in HEADINGS:
        table.add_column(say(heading, language), justify="right" if heading == HEADINGS[0] else "left")
    for problem in problems:
        number, *texts = problem.cells(language)
        # Text, because square brackets from the file are not markup.
        table.add_row(f"{number:,}", *map(Text, texts), style="" if problem.fatal else "dim")
    return table


def _problem(problem: Problem, language: Language) -> dict[str, object]:
    return {
        "row": problem.row,
        "field": problem.field,
        "rule": problem.key,
        "rejected": problem.fatal,
        "message": problem.say(language),
    }
