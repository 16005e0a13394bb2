"""``matchmaker evaluate``: retrieval quality with confidence intervals."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from evaluation import battery, corfo, metrics, sample
from evaluation.datasets import Dataset, read_beir
from evaluation.runs import write_trec
from evaluation.systems import BEST, System, run_system
from matchmaker.bootstrap import Application
from matchmaker.cli.options import hint
from matchmaker.cli.output import BAD_USAGE, bar_rows, console, fail, progress, write_json
from matchmaker.cli.session import opened
from matchmaker.errors import FileRefused, MatchmakerError
from matchmaker.texts import Language, say

_SAMPLE = {"sample": "test", "sample-train": "train"}


def run(
    folder: Annotated[Path, typer.Argument(help=hint("evaluate.folder"))],
    queries: Annotated[Path | None, typer.Option(help=hint("evaluate.queries"))] = None,
    qrels: Annotated[Path | None, typer.Option(help=hint("evaluate.qrels"))] = None,
    system: Annotated[System, typer.Option(help=hint("evaluate.system"))] = BEST,
    json_file: Annotated[Path | None, typer.Option("--json", help=hint("json_file"))] = None,
    run_file: Annotated[Path | None, typer.Option("--run", help=hint("evaluate.run"))] = None,
) -> None:
    """Rank, score, and print or write the figures."""
    with opened(as_json=False) as (application, language):
        if (_is_sample(folder) or _is_corfo(folder)) and (queries or qrels):
            fail(MatchmakerError("cli.evaluate.sample_options"), language, as_json=False, code=BAD_USAGE)
        if battery.is_battery(folder) and (queries or qrels or run_file or system is not System.DENSE):
            fail(MatchmakerError("cli.evaluate.battery_options"), language, as_json=False, code=BAD_USAGE)
        for target in (json_file, run_file):
            if target and not target.parent.is_dir():
                raise FileRefused("file.report", file=str(target))
        if battery.is_battery(folder):
            _battery(folder, json_file, application, language)
            return
        dataset = _dataset(folder, queries, qrels)
        encoder = None if system is System.LEXICAL else application.encoder
        with progress(say("cli.import.indexing", language), None) as advance:
            measured = run_system(system, dataset, encoder, advance)
        means, intervals = metrics.summarise(metrics.per_query(measured.run, dataset.qrels))
        report: dict[str, Any] = {
            "dataset": dataset.name,
            "system": system.value,
            "queries": len(dataset.qrels),
            "documents": len(dataset.documents),
            "metrics": means,
            "ci95": intervals,
            "useful_in_first_10": metrics.useful_in_first(measured.run, dataset.qrels),
            "seconds": measured.seconds,
            "encoder": encoder.encoder.digest if encoder else None,
        }
        if json_file:
            write_json(report, json_file)
        if run_file:
            write_trec(measured.run, run_file, f"matchmaker-{system.value}")
        _show(report, language)


def _battery(folder: Path, json_file: Path | None, application: Application, language: Language) -> None:
    sets = battery.read(folder)
    with progress(say("cli.import.indexing", language), None) as advance:
        report = battery.measure(sets, application.encoder, advance)
    if json_file:
        write_json(report, json_file)
    table = Table()
    table.add_column(say("cli.evaluate.set", language))
    for column in ("nDCG@10", say("cli.evaluate.interval", language), "R@10", say("cli.evaluate.useful", language)):
        table.add_column(column, justify="right")
    for name, figures in report["sets"].items():
        low, high = figures["ci95"]
        useful = figures["useful_in_first_10"]
        shares = (f"{figures['R@10']:.4f}", "–" if useful is None else f"{useful:.0%}")
        table.add_row(name, f"{figures['nDCG@10']:.4f}", f"{low:.4f} – {high:.4f}", *shares)
    console().print(table)
    bars = Table()
    for heading in ("cli.evaluate.metric", "cli.evaluate.value", "cli.bench.bar", "cli.bench.holds"):
        bars.add_column(say(heading, language))
    for row in bar_rows(report["bars"], language):
        bars.add_row(*row)
    console().print(bars)


def _dataset(folder: Path, queries: Path | None, qrels: Path | None) -> Dataset:
    if _is_sample(folder):
        return sample.dataset(_SAMPLE[str(folder)])
    if _is_corfo(folder):
        return corfo.read(folder)
    return read_beir(folder, queries, qrels)


def _is_sample(folder: Path) -> bool:
    return str(folder) in _SAMPLE and not folder.is_dir()


def _is_corfo(folder: Path) -> bool:
    return (folder / corfo.FILE).is_file()


def _show(report: dict[str, Any], language: Language) -> None:
    title = f"{report['dataset']} · {report['system']} · {report['queries']:,} × {report['documents']:,}"
    table = Table(title=title)
    table.add_column(say("cli.evaluate.metric", language))
    table.add_column(say("cli.evaluate.value", language), justify="right")
    table.add_column(say("cli.evaluate.interval", language), justify="right")
    for name, value in report["metrics"].items():
        low, high = report["ci95"][name]
        table.add_row(name, f"{value:.4f}", f"{low:.4f} – {high:.4f}")
    console().print(table)
