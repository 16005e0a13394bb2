"""What is wrong with a row, where, and what to do about it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any

from matchmaker.errors import FieldError, FileRefused
from matchmaker.texts import Language, say

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADINGS = ("row.heading_row", "row.heading_field", "row.heading_result", "row.heading_problem")
"""What heads the cells of a problem."""

# Values of a sentence that come from the file, and how many of their characters it repeats.
_GIVEN = ("field", "value")
_QUOTED = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something wrong in a row; its sentence says what was expected and what to do.

    Attributes:
        row: as a spreadsheet counts: the header is row 1. In JSON Lines, the line.
        field: name of the field, as :func:`visible` shows it, or empty when the whole row is meant.
        key: sentence of :mod:`matchmaker.texts`; values: what fills it.
        fatal: whether the row was left out; otherwise it was taken and this is a warning.
    """

    row: int
    field: str
    key: str
    values: dict[str, Any] = dataclass_field(default_factory=dict)
    fatal: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "field", visible(self.field))

    @classmethod
    def of(cls, row: int, error: FieldError) -> "Problem":
        """The problem that a broken rule of the domain is."""
        return cls(row, error.field, error.key, error.values)

    def say(self, language: Language) -> str:
        """The problem in words, on one line; what was given in the file is shown as :func:`visible` shows it."""
        given = {name: visible(value) for name in _GIVEN if isinstance(value := self.values.get(name), str)}
        return say(self.key, language, **(self.values | given))

    def cells(self, language: Language) -> tuple[int, str, str, str]:
        """The problem as a line of a table: row, field, whether the row was taken, and what to do."""
        return self.row, self.field, say("row.rejected" if self.fatal else "row.taken", language), self.say(language)


def visible(text: str, longest: int = _QUOTED) -> str:
    """
    A text from a file, fit to be printed: at most ``longest`` of its characters, and escapes for those that have no
    shape of their own (controls, marks that turn the direction of writing, halves of pairs).
    """
    cut = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in cut
    )


def write_report(problems: Iterable[Problem], path: Path, language: Language) -> None:
    """
    Write problems as CSV (UTF-8 with a mark that spreadsheets know), safe to open in a spreadsheet. What stood there
    before stays until the report is complete.

    Raises:
        FileRefused: the file cannot be written.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(say(heading, language) for heading in HEADINGS)
            for problem in problems:
                row, *texts = problem.cells(language)
                writer.writerow([row, *map(_harmless, texts)])
        beside.replace(path)
    except OSError:
        raise FileRefused("file.report", file=visible(path.name)) from None


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
