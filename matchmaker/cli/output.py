"""What commands print: tables and progress for people, JSON for machines."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from matchmaker.errors import MatchmakerError
from matchmaker.texts import SPANISH, Language, say

FAILED = 1
BAD_USAGE = 2


def console() -> Console:
    """The console for people, on standard output. Wide enough for a table when it is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def print_json(content: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def write_json(content: Any, path: Path) -> None:
    """Write one JSON document, whole or not at all."""
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    beside.replace(path)


def fail(error: MatchmakerError, language: Language, *, as_json: bool, code: int = FAILED) -> NoReturn:
    """Say what went wrong and leave."""
    if as_json:
        print_json({"error": error.key, "message": error.say(language)})
    sys.stderr.write(error.say(language) + "\n")
    raise typer.Exit(code)


def percentage(value: float | None, language: Language) -> str:
    """A probability for people: a whole percentage, never rounded to certainty."""
    if value is None:
        return "–"
    if value < 0.01:
        return "< 1 %"
    return "> 99 %" if value > 0.99 else f"{value:.0%}".replace("%", " %")


def number(value: float, digits: int, language: Language) -> str:
    """A number with thousands separated; Mexico writes decimals with a point, as English does."""
    return f"{value:,.{digits}f}"


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error while the block runs, if that is a terminal."""
    shown = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with shown:
        task = shown.add_task(label, total=total)
        yield lambda done: shown.advance(task, done)


def bar_rows(bars: Mapping[str, Mapping[str, Any]], language: Language) -> Iterator[tuple[str, str, str, str]]:
    """Of each bar its name, the value reached, the bar, and whether it holds, as cells of a table."""
    for name, bar in bars.items():
        held = say("cli.bench.yes" if bar["holds"] else "cli.bench.no", language)
        yield name, f"{bar['value']:.3f}", f"{bar['bar']}", held


def preferred_language() -> Language:
    """The language of the help texts: the setting as far as it can be read; its errors are reported elsewhere."""
    import os

    try:
        return Language(os.environ.get("MATCHMAKER_LANGUAGE", SPANISH.value))
    except ValueError:
        return SPANISH
