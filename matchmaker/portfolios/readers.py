"""Files to rows: CSV and JSON Lines, read as a stream, one row at a time."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from matchmaker.errors import FileRefused
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.problems import Problem

# The longest field of the domain has 4,000 characters; what is far beyond is a mistake and is named as such, and what
# is beyond all reason is not even read into memory.
LONGEST_FIELD = 100_000
_LONGEST_LINE = 16_000_000
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_SHOWN_BYTES = 12


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
    if not path.is_file():
        raise FileRefused("file.missing", file=path.name)
    if format is Format.AUTO:
        format = _detect(path)  # noqa: A001
    return _read_jsonl(path, mapping) if format is Format.JSONL else _read_csv(path, mapping)


def count_rows(path: Path) -> int:
    """About how many rows a file has, for showing progress: its lines."""
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _detect(path: Path) -> Format:
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith(_UTF16) or b"\x00" in head:
        raise FileRefused("file.utf16", file=path.name)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FileRefused("file.empty", file=path.name)
    if start.startswith(b"{"):
        return Format.JSONL
    first = start.splitlines()[0]
    if any(separator in first for separator in (b",", b";", b"\t", b"|")):
        return Format.CSV
    raise FileRefused("file.format", file=path.name)


def _read_jsonl(path: Path, mapping: Mapping) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), start=1):
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                yield _json_row(number, line, mapping)


def _json_row(number: int, line: bytes, mapping: Mapping) -> Row:
    if len(line) >= _LONGEST_LINE:
        return _broken(number, "", "row.line_size", longest=_LONGEST_LINE)
    try:
        content = json.loads(line.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    except UnicodeDecodeError as error:
        return _broken(number, _json_field_at(line, error.start), "row.encoding", bytes=_shown(line, error.start))
    except (json.JSONDecodeError, RecursionError) as error:
        return _broken(number, "", "row.json", reason=getattr(error, "msg", "nested too deeply"))
    if not isinstance(content, dict):
        return _broken(number, "", "row.object")
    return _checked(Row(number, mapping.apply(content)))


def _json_field_at(line: bytes, position: int) -> str:
    """The key whose value holds the byte at ``position``, as well as can be told of a line that is not UTF-8."""
    head = line[:position].decode("latin-1")
    at = head.rfind('":')
    return head[head.rfind('"', 0, at) + 1 : at] if at > 0 else ""


def _read_csv(path: Path, mapping: Mapping) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_LINE)
    with path.open("rb") as binary:
        head = binary.read(65_536)
        binary.seek(0)
        if head.startswith(_UTF16):
            raise FileRefused("file.utf16", file=path.name)
        # Bytes that are not UTF-8 survive as lone surrogates, so that the cell that holds them can be named.
        text = io.TextIOWrapper(binary, encoding="utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, delimiter=_delimiter(head))
        header = [_bare(name) for name in next(reader, [])]
        names = mapping.header(path.name, header)
        number = 1
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield _broken(number, "", "row.line_size", longest=_LONGEST_LINE)
                continue
            if any(cell.strip() for cell in cells):
                yield _csv_row(number, names, cells, mapping)


def _csv_row(number: int, names: list[str], cells: list[str], mapping: Mapping) -> Row:
    if len(cells) > len(names):
        return _broken(number, "", "row.columns", found=len(cells), expected=len(names))
    for name, cell in zip(names, cells, strict=False):
        if not cell.isascii():
            broken = cell.encode("utf-8", "surrogateescape")
            try:
                broken.decode("utf-8")
            except UnicodeDecodeError as error:
                return _broken(number, name, "row.encoding", bytes=_shown(broken, error.start))
    values = {name: cell for name, cell in zip(names, cells, strict=False) if cell.strip()}
    return _checked(Row(number, mapping.with_defaults(values)))


def _checked(row: Row) -> Row:
    for name, value in row.values.items():
        if isinstance(value, str) and len(value) > LONGEST_FIELD:
            return _broken(row.number, name, "field.too_long", field=name, length=len(value), longest=LONGEST_FIELD)
    return row


def _delimiter(head: bytes) -> str:
    first = head.removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode("latin-1") if head.strip() else ""
    return max(",;\t|", key=first.count)


def _bare(name: str) -> str:
    return name.strip().strip("\ufeff")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines of a file; of one that is too long only the beginning is kept, and the rest of it is skipped."""
    while line := file.readline(_LONGEST_LINE):
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = file.readline(_LONGEST_LINE)
        yield line


def _shown(raw: bytes, position: int) -> str:
    return raw[position : position + _SHOWN_BYTES].hex(" ")


def _broken(number: int, name: str, key: str, **values: Any) -> Row:
    return Row(number, {}, Problem(number, name, key, values))
