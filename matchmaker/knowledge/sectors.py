"""
Sectors of the economy by SCIAN code: their titles, and how related two sets of codes are.

Sectors (2 digits; some span several codes, such as manufacturing, 31 to 33) and subsectors (3 digits) of
SCIAN 2018 and 2023 (INEGI). NAICS shares them except in trade (42, 44, 45) and government (92): codes of
those have to be brought over to SCIAN first and are unknown here.
"""

import csv
from collections.abc import Collection
from enum import IntEnum
from importlib.resources import files
from itertools import product, takewhile
from typing import Literal

__all__ = ["Language", "SectorRelation", "UnknownSector", "is_known", "relatedness", "sector_title"]

Language = Literal["es", "en"]


class UnknownSector(LookupError):
    """A code that belongs to no SCIAN sector; the code is in ``code``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SectorRelation(IntEnum):
    """The closest that any code of one set comes to any code of another."""

    UNKNOWN = 0
    UNRELATED = 1
    SAME_SECTOR = 2
    SAME_SUBSECTOR = 3
    SAME_BRANCH = 4


def _codes_of(span: str) -> list[str]:
    """The codes of a row: "311" is one, "31-33" is three."""
    first, _, last = span.partition("-")
    return [str(code) for code in range(int(first), int(last or first) + 1)]


def _read_rows() -> dict[str, dict[str, str]]:
    source = files("matchmaker.knowledge").joinpath("data", "sectors.csv")
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {code: row for row in rows for code in _codes_of(row["codes"])}


_ROWS = _read_rows()


def is_known(code: str) -> bool:
    """Whether a text is 2 to 6 digits that begin with the code of a SCIAN sector."""
    return code.isascii() and code.isdigit() and len(code) <= 6 and code[:2] in _ROWS


def sector_title(code: str, language: Language) -> str:
    """
    Title of the subsector a code belongs to; of its sector where the subsector is not known or not given.

    Raises:
        UnknownSector: the code is not known (:func:`is_known`).
    """
    if not is_known(code):
        raise UnknownSector(code)
    return _ROWS.get(code[:3], _ROWS[code[:2]])[language]


def relatedness(codes_a: Collection[str], codes_b: Collection[str]) -> SectorRelation:
    """
    The closest relation between two sets of SCIAN codes; their order does not matter.

    Codes that are not known (:func:`is_known`) say nothing; UNKNOWN where a side has no other.
    """
    pairs = product(filter(is_known, codes_a), filter(is_known, codes_b))
    return max((_relation(a, b) for a, b in pairs), default=SectorRelation.UNKNOWN)


def _relation(a: str, b: str) -> SectorRelation:
    shared = sum(1 for _ in takewhile(lambda digits: digits[0] == digits[1], zip(a, b, strict=False)))
    if shared >= 4:
        return SectorRelation.SAME_BRANCH
    if shared == 3:
        return SectorRelation.SAME_SUBSECTOR
    same_sector = _ROWS[a[:2]] is _ROWS[b[:2]]
    return SectorRelation.SAME_SECTOR if same_sector else SectorRelation.UNRELATED
