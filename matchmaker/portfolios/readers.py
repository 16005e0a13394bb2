"""Files to rows: CSV and JSON Lines, read as a stream, one row at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from matchmaker.errors import FieldError, FileRefused
from matchmaker.portfolios import json_text
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.problems import Problem, visible
from matchmaker.portfolios.records import LONGEST_LINE, SEPARATORS, SKIPPED, Broken, Record, Records, decoded

# The longest field of the domain has 4,000 characters; what is far beyond is a mistake and is named as such, and what
# is beyond all reason (LONGEST_LINE) is not even read into memory.
LONGEST_FIELD = 100_000
_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SHOWN_BYTES = 12
# Enough of a file to tell how it is written, its header included.
_HEAD = 65_536
_KEY = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"\s*+:')


class Format(StrEnum):
    """How a file is written."""

    AUTO = "auto"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """A row under the names of our fields, or the problem that kept it from being read."""

    number: int
    values: dict[str, Any]
    problem: Problem | None = None


def read(path: Path, format: Format, mapping: Mapping) -> Iterator[Row]:  # noqa: A002
    """
    Every row of a file, in order, with the mapping applied.

    Raises:
        FileRefused: the file as a whole cannot be read; nothing was yielded then.
    """
    name = visible(path.name)
    with _open(path) as file:
        head = file.read(_HEAD)
        file.seek(0)
        _refuse_utf16(head, name)
        if format is Format.AUTO:
            format = _detect(head, name)  # noqa: A001
        yield from _read_jsonl(file, mapping) if format is Format.JSONL else _read_csv(file, head, name, mapping)


def count_rows(path: Path) -> int:
    """
    About how many rows a file has, for showing progress: its lines.

    Raises:
        FileRefused: the file cannot be opened.
    """
    with _open(path) as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _open(path: Path) -> BinaryIO:
    if not path.is_file():
        raise FileRefused("file.missing", file=visible(path.name))
    try:
        return path.open("rb")
    except OSError:
        raise FileRefused("file.unreadable", file=visible(path.name)) from None


def _refuse_utf16(head: bytes, name: str) -> None:
    """UTF-16 has a mark, or a zero byte beside every plain letter; a stray zero byte is a matter of its row."""
    if head.startswith(_UTF16) or head.count(0) * 4 > len(head):
        raise FileRefused("file.utf16", file=name)


def _detect(head: bytes, name: str) -> Format:
    start = head.removeprefix(_BOM).lstrip()
    if not start:
        raise FileRefused("file.empty", file=name)
    if start.startswith(b"{"):
        return Format.JSONL
    if start.startswith(b"["):
        raise FileRefused("file.array", file=name)
    if _separator(head):
        return Format.CSV
    raise FileRefused("file.format", file=name)


def _separator(head: bytes) -> str:
    """What the first line that says something separates its cells with; empty where it does not."""
    lines = head.removeprefix(_BOM).lstrip().splitlines()
    first = lines[0].decode("latin-1") if lines else ""
    found = max(SEPARATORS, key=first.count)
    return found if found in first else ""


def _read_jsonl(file: BinaryIO, mapping: Mapping) -> Iterator[Row]:
    for number, line in enumerate(_lines(file), start=1):
        if line.strip(_BOM + b" \t\r\n"):
            yield _json_row(number, line, mapping)


def _json_row(number: int, line: bytes, mapping: Mapping) -> Row:
    if len(line) >= LONGEST_LINE:
        return _broken(number, _json_field(line, mapping), "row.line_size", longest=LONGEST_LINE)
    try:
        content = json_text.parse(line.rstrip(b"\r\n").decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        where = _json_field(error.object[: error.start], mapping)
        return _broken(number, where, "row.encoding", bytes=_shown(error.object, error.start))
    except json_text.Unreadable as error:
        where = _json_field(line.decode("utf-8-sig")[: error.at].encode(), mapping)
        return _broken(number, where, f"row.{error.rule}", **error.values)
    if not isinstance(content, dict):
        return _broken(number, "", "row.object")
    try:
        return _checked(Row(number, mapping.apply(content)))
    except FieldError as error:
        return Row(number, {}, Problem.of(number, error))


def _json_field(head: bytes, mapping: Mapping) -> str:
    """The field whose value a line breaks off in, as well as can be told of a line that is not JSON."""
    keys = _KEY.findall(head.decode("utf-8", "replace"))
    return mapping.field_of(keys[-1]) if keys else ""


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a file; of one that is too long only the beginning is kept, and the rest of it is skipped."""
    while line := file.readline(LONGEST_LINE):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(SKIPPED)
        yield line


def _read_csv(file: BinaryIO, head: bytes, name: str, mapping: Mapping) -> Iterator[Row]:
    with decoded(file) as text:
        records = enumerate(Records(text, _separator(head) or ","), start=1)
        names = mapping.header(name, _header(records, name))
        yield from _csv_rows(records, names, mapping)


def _csv_rows(records: Iterator[tuple[int, Record]], names: list[str], mapping: Mapping) -> Iterator[Row]:
    doubtful = False
    for number, record in records:
        if isinstance(record, Broken):
            doubtful = record.rule == "quote"
            yield _broken(number, _name_at(names, record.column), f"row.{record.rule}", longest=LONGEST_LINE)
        elif not any(cell.strip() for cell in record):
            continue
        elif doubtful and len(record) != len(names):
            # As likely a line of the broken row's own text.
            yield _broken(number, "", "row.doubtful", found=len(record), expected=len(names))
        else:
            doubtful = False
            yield _csv_row(number, names, record, mapping)


def _header(records: Iterator[tuple[int, Record]], name: str) -> list[str]:
    """The cells of the first record that has any."""
    for _, record in records:
        if isinstance(record, Broken):
            raise FileRefused("file.header", file=name)
        columns = [cell.strip().strip("\ufeff") for cell in record]
        for at in filter(None, map(_undecodable, columns)):
            raise FileRefused("file.encoding", file=name, bytes=_shown(*at))
        if any(columns):
            return columns
    raise FileRefused("file.empty", file=name)


def _csv_row(number: int, names: list[str], cells: list[str], mapping: Mapping) -> Row:
    filled = max(place for place, cell in enumerate(cells, start=1) if cell.strip())
    if filled > len(names):
        return _broken(number, "", "row.columns", found=filled, expected=len(names))
    values = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
    for name, cell in values.items():
        at = _undecodable(cell)
        if at is not None:
            return _broken(number, name, "row.encoding", bytes=_shown(*at))
    return _checked(Row(number, mapping.with_defaults(values)))


def _undecodable(cell: str) -> tuple[bytes, int] | None:
    """The bytes of a cell that is not UTF-8, and where they go wrong; ``None`` for all others."""
    if cell.isascii():
        return None
    raw = cell.encode("utf-8", "surrogateescape")
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw, error.start
    return None


def _checked(row: Row) -> Row:
    for name, value in row.values.items():
        if isinstance(value, str) and len(value) > LONGEST_FIELD:
            return _broken(row.number, name, "field.too_long", field=name, length=len(value), longest=LONGEST_FIELD)
    return row


def _name_at(names: list[str], column: int) -> str:
    return names[column] if column < len(names) else ""


def _shown(raw: bytes, position: int) -> str:
    return raw[position : position + _SHOWN_BYTES].hex(" ")


def _broken(number: int, name: str, key: str, **values: Any) -> Row:
    return Row(number, {}, Problem(number, name, key, values))
