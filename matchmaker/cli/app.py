"""The commands, gathered. Each lives in a module of its own."""

import os
import sys
from collections.abc import Callable

import typer

from matchmaker import __version__
from matchmaker.cli import (
    abandoned,
    bench,
    demo,
    doctor,
    evaluate,
    importing,
    match,
    reindex,
    serve,
    train,
)
from matchmaker.cli.output import preferred_language
from matchmaker.texts import say

_LANGUAGE = preferred_language()

app = typer.Typer(
    name="matchmaker",
    help=say("cli.app", _LANGUAGE),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "serve": serve.run,
    "demo": demo.run,
    "import": importing.run,
    "match": match.run,
    "abandoned": abandoned.run,
    "evaluate": evaluate.run,
    "bench": bench.run,
    "reindex": reindex.run,
    "doctor": doctor.run,
}
_EXAMPLES = {
    "serve": "matchmaker serve --port 8000",
    "demo": "matchmaker demo",
    "import": "matchmaker import portafolio.csv --owner 'OTT Ejemplo'",
    "match": "matchmaker match --text 'nos sale rebaba en las tapas' --state Jalisco -k 5",
    "abandoned": "matchmaker abandoned --jurisdiction MX",
    "evaluate": "matchmaker evaluate sample --system dense --run dense.run",
    "bench": "matchmaker bench encode --json bench.json",
    "reindex": "matchmaker reindex",
    "doctor": "matchmaker doctor",
}

for _name, _function in _COMMANDS.items():
    app.command(
        _name,
        help=say(f"cli.{_name}.help", _LANGUAGE),
        epilog=f"{say('cli.example', _LANGUAGE)}: {_EXAMPLES[_name]}",
    )(_function)
app.add_typer(train.app, name="train")


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help=say("cli.version", _LANGUAGE)),
) -> None:
    if version:
        sys.stdout.write(f"matchmaker {__version__}\n")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    # No part of the product looks at the network by itself: a model named in the settings is read from the disk
    # unless whoever installed it says otherwise.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    app()
