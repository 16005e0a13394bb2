"""``matchmaker doctor``: check the installation."""

from typing import Any

import typer
from rich.markup import escape
from rich.table import Table

from index.documents import OTHER_ENCODER
from matchmaker.bootstrap import Application
from matchmaker.cli.options import JsonFlag
from matchmaker.cli.output import FAILED, console, print_json
from matchmaker.cli.session import opened
from matchmaker.matching.indexing import Difference
from matchmaker.settings import Settings
from matchmaker.texts import Language, say


def run(as_json: JsonFlag = False) -> None:
    """Show settings, database, encoder and indexes, and say what differs between database and indexes."""
    with opened(as_json=as_json) as (application, language):
        differences = application.indexes.compare()
        healthy = all(difference.agrees for difference in differences)
        report = {
            "healthy": healthy,
            "settings": _settings(application.settings),
            "database": _database(application),
            "encoder": _encoder(application),
            "indexes": [_index(difference) for difference in differences],
        }
        if as_json:
            print_json(report)
        else:
            _show(report, differences, language)
        if not healthy:
            raise typer.Exit(FAILED)


def _settings(settings: Settings) -> dict[str, dict[str, str]]:
    """Every setting with its value, where it is not a secret, and what it is for."""
    return {
        f"MATCHMAKER_{name.upper()}": {
            "value": str(getattr(settings, name)),
            "purpose": field.description or "",
        }
        for name, field in Settings.model_fields.items()
    }


def _database(application: Application) -> dict[str, Any]:
    database = application.database
    with application.work(writes=False) as work:
        counts = {"needs": work.needs.count(), "offers": work.offers.count()}
    return {"kind": database.engine.dialect.name, "schema": database.schema_revision(), **counts}


def _encoder(application: Application) -> dict[str, Any]:
    encoder = application.encoder.encoder
    return {
        "digest": encoder.digest,
        "dimension": encoder.dimension,
        "window": encoder.window,
        "precision": encoder.precision,
        "instructions": encoder.instructions,
        "calibrated": application.matcher.calibration is not None,
    }


def _index(difference: Difference) -> dict[str, Any]:
    return {
        "kind": difference.kind.value,
        "agrees": difference.agrees,
        "missing": difference.missing,
        "extra": difference.extra,
        "stale": difference.stale,
        "revision": difference.revision,
        "database_revision": difference.database_revision,
        "problem": difference.problem,
    }


def _show(report: dict[str, Any], differences: list[Difference], language: Language) -> None:
    table = Table()
    table.add_column(say("cli.doctor.check", language))
    table.add_column(say("cli.doctor.finding", language))
    for name, setting in report["settings"].items():
        table.add_row(name, escape(setting["value"]))
    for part in ("database", "encoder"):
        facts = " · ".join(f"{key}: {value}" for key, value in report[part].items())
        table.add_row(say(f"cli.doctor.{part}", language), escape(facts))
    for difference in differences:
        table.add_row(
            say(f"cli.doctor.index_{difference.kind.value}", language), escape(_finding(difference, language))
        )
    console().print(table)
    if report["healthy"]:
        console().print(say("cli.doctor.healthy", language))


def _problem(difference: Difference, language: Language) -> str:
    if difference.problem == OTHER_ENCODER:
        return say("index.encoder", language)
    return say("index.damaged", language, reason=difference.problem)


def _finding(difference: Difference, language: Language) -> str:
    if difference.agrees:
        return say("cli.doctor.agrees", language, revision=difference.revision)
    found = [_problem(difference, language)] if difference.problem else []
    found += [
        say(f"cli.doctor.{name}", language, number=f"{count:,}")
        for name in ("missing", "extra", "stale")
        if (count := getattr(difference, name))
    ]
    return "; ".join([*found, say("cli.doctor.rebuild", language)])
