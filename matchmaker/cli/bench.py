"""``matchmaker bench``: speed against a baseline in the same run."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation import sample
from evaluation.bench import encode
from evaluation.datasets import read_documents, require_file
from matchmaker.cli.options import hint
from matchmaker.cli.output import bar_rows, console, progress, write_json
from matchmaker.cli.session import opened
from matchmaker.errors import Unavailable
from matchmaker.texts import Language, say

BASELINE = Path("baseline")


class Bench(StrEnum):
    """What can be measured."""

    ENCODE = "encode"


def run(
    bench: Annotated[Bench, typer.Argument(help=hint("bench.what"))],
    json_file: Annotated[Path | None, typer.Option("--json", help=hint("json_file"))] = None,
    corpus: Annotated[Path | None, typer.Option(help=hint("bench.corpus"))] = None,
    baseline: Annotated[Path, typer.Option(help=hint("bench.baseline"))] = BASELINE,
) -> None:
    """Measure, print, and write the figures."""
    with opened(as_json=False) as (application, language):
        if not baseline.is_dir():
            raise Unavailable("cli.bench.no_baseline", folder=baseline)
        texts = _texts(corpus)
        with progress(bench.value, encode.ROUNDS) as advance:
            report = encode.run(application.encoder.encoder, baseline, texts, advance)
        if json_file:
            write_json(report, json_file)
        _show(report, language)


def _texts(corpus: Path | None) -> list[str]:
    if corpus is None:
        data = sample.dataset("test")
        return [document.full_text for document in data.documents.values()]
    return [document.full_text for document in read_documents(require_file(corpus)).values()]


def _show(report: dict[str, Any], language: Language) -> None:
    table = Table(title=f"bench {report['bench']}")
    for heading in ("cli.evaluate.metric", "cli.evaluate.value", "cli.bench.bar", "cli.bench.holds"):
        table.add_column(say(heading, language))
    for side in ("product", "baseline"):
        for name, value in report[side].items():
            table.add_row(f"{side} {name}", f"{value:,.2f}", "", "")
    for row in bar_rows(report["bars"], language):
        table.add_row(*row)
    console().print(table)
