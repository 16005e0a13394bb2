"""Options that several commands share, and their help in the reader's language."""

from typing import Annotated

import typer

from matchmaker.cli.output import preferred_language
from matchmaker.texts import say


def hint(name: str) -> str:
    """The help of an option."""
    return say(f"option.{name}", preferred_language())


JsonFlag = Annotated[bool, typer.Option("--json", help=hint("json"))]
Jurisdiction = Annotated[str, typer.Option(help=hint("jurisdiction"))]
