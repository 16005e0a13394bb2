"""Records of a CSV file, of which a broken one costs no other."""

import csv
import io
import re
from collections import deque
from dataclasses import dataclass
from typing import BinaryIO, Self

LONGEST_LINE = 16_000_000
"""Longest record in characters, and longest line of JSON in bytes, of which more than a beginning is read."""

SKIPPED = 1_000_000
"""How much of the rest of a longer one is read at a time."""

SEPARATORS = ",;\t|"
"""What may stand between two cells."""

_ENDS = ("\n", "\r")
# A well-formed cell and the separator after it, by separator.
_CELL = {mark: re.compile(rf'(?:"(?:[^"]++|"")*+"|[^"{mark}][^{mark}]*+)?[{mark}]') for mark in SEPARATORS}


@dataclass(frozen=True, slots=True)
class Broken:
    """
    A record that is none.

    Attributes:
        rule: ``line_size`` (too long) or ``quote`` (a quotation mark opened and not closed, or text after it).
        column: where it went wrong, counted from 0, as well as can be told.
    """

    rule: str
    column: int


Record = list[str] | Broken


def decoded(file: BinaryIO) -> io.TextIOWrapper:
    """
    A file as text for :class:`Records`, which is to be closed.

    Bytes that are not UTF-8 arrive as lone surrogates (``surrogateescape``), so that their cell can be named.
    """
    return io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")


class Records:
    """
    The records of a CSV file in order, each as its cells; a cell between quotation marks may hold line breaks.

    A quotation mark that is never closed would swallow the records after it: the lines after its own are read again
    as if it had not been there.
    """

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        csv.field_size_limit(LONGEST_LINE)
        self._delimiter = delimiter
        self._lines = _Lines(text)
        self._reader = csv.reader(self._lines, delimiter=delimiter, strict=True)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Record:
        self._lines.begin()
        try:
            return next(self._reader)
        except csv.Error:
            return self._broken(self._lines.put_back())

    def _broken(self, line: str) -> Broken:
        if len(line) < LONGEST_LINE:
            return Broken("quote", self._complete_cells(line))
        [cells] = csv.reader([line], delimiter=self._delimiter)
        lengths = [len(cell) for cell in cells]
        return Broken("line_size", lengths.index(max(lengths)))

    def _complete_cells(self, line: str) -> int:
        """How many cells a line has before the first that is not well formed."""
        cell = _CELL[self._delimiter]
        count = at = 0
        while match := cell.match(line, at):
            count, at = count + 1, match.end()
        return count


class _Lines:
    """The lines of a text file, those of the last record to be taken back; too long ones are cut."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self._file = file
        self._ahead: deque[str] = deque()
        self._taken: list[str] = []
        self._size = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._read()
        if not line:
            raise StopIteration
        self._taken.append(line)
        self._size += len(line)
        if self._size >= LONGEST_LINE:
            raise csv.Error
        return line

    def begin(self) -> None:
        """Begin a record."""
        self._taken.clear()
        self._size = 0

    def put_back(self) -> str:
        """The first line of the record; the others are read again."""
        first, *rest = self._taken
        self._ahead.extendleft(reversed(rest))
        return first

    def _read(self) -> str:
        line = rest = self._file.readline(LONGEST_LINE)
        while rest and not rest.endswith(_ENDS):
            rest = self._file.readline(SKIPPED)
        return line
