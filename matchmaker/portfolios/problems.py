"""What is wrong with a row, where, and what to do about it."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any

from matchmaker.errors import FieldError
from matchmaker.texts import Language, say

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something wrong in a row; its sentence says what was expected and what to do.

    Attributes:
        row: as a spreadsheet counts: the header is row 1. In JSON Lines, the line.
        field: name of the field, or empty when the whole row is meant.
        key: sentence of :mod:`matchmaker.texts`; values: what fills it.
        fatal: whether the row was left out; otherwise it was taken and this is a warning.
    """

    row: int
    field: str
    key: str
    values: dict[str, Any] = dataclass_field(default_factory=dict)
    fatal: bool = True

    @classmethod
    def of(cls, row: int, error: FieldError) -> "Problem":
        """The problem that a broken rule of the domain is."""
        return cls(row, error.field, error.key, error.values)

    def say(self, language: Language) -> str:
        """The problem in words."""
        return say(self.key, language, **self.values)


def write_report(problems: Iterable[Problem], path: Path, language: Language) -> None:
    """Write problems as CSV (UTF-8 with a mark that spreadsheets know), safe to open in a spreadsheet."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "field", "taken", "problem"])
        for problem in problems:
            sentence = problem.say(language)
            writer.writerow(
                [problem.row, _harmless(problem.field), "no" if problem.fatal else "yes", _harmless(sentence)]
            )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
