"""Checks that the types of the domain share; each raises :class:`~matchmaker.errors.FieldError`."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

import uuid_utils

from matchmaker.errors import FieldError

E = TypeVar("E", bound=StrEnum)

# No patent office assigns more; a row with more is a column of something else.
MOST_CODES = 200

_LANGUAGE = re.compile(r"[a-z]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SCIAN = re.compile(r"\d{2,6}", re.ASCII)
_CLASSIFICATION = re.compile(r"[A-HY]\d{2}[A-Z]( ?\d{1,4}/\d{2,6})?", re.ASCII)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_HS = re.compile(r"\d{2}(\d{2}){0,2}", re.ASCII)


def new_id() -> UUID:
    """A fresh identity: UUIDv7, so that identities sort by the time they were made."""
    return UUID(int=uuid_utils.uuid7().int)


def one_of(kind: type[E], field: str, value: str) -> E:
    """The member of a closed list that ``value`` spells."""
    try:
        return kind(value.strip().lower())
    except ValueError:
        raise FieldError(field, "choice", value=value, choices=", ".join(kind)) from None


def text(field: str, value: str, longest: int, *, required: bool = False) -> None:
    """At most ``longest`` characters, and some if ``required``."""
    if required and not value.strip():
        raise FieldError(field, "missing")
    if _UNSTORABLE.search(value):
        raise FieldError(field, "control")
    if len(value) > longest:
        raise FieldError(field, "too_long", length=len(value), longest=longest)


def keywords(field: str, values: Sequence[str], most: int) -> None:
    """At most ``most`` keywords."""
    for value in values:
        text(field, value, 256)
    if len(values) > most:
        raise FieldError(field, "too_many", count=len(values), most=most)


def whole(field: str, value: int | None, low: int, high: int) -> None:
    """A whole number in ``[low, high]``, or nothing."""
    if value is not None and not low <= value <= high:
        raise FieldError(field, "range", value=value, low=low, high=high)


def language(field: str, value: str) -> None:
    """A two-letter language code (ISO 639-1)."""
    if not _LANGUAGE.fullmatch(value):
        raise FieldError(field, "language", value=value)


def country(field: str, value: str) -> None:
    """A two-letter country code (ISO 3166-1), in capitals."""
    if not _COUNTRY.fullmatch(value):
        raise FieldError(field, "country", value=value)


def codes(field: str, values: Sequence[str]) -> None:
    """Codes of the classification that the field is named after: ``scian``, ``ipc``, ``cpc`` or ``hs``."""
    if len(values) > MOST_CODES:
        raise FieldError(field, "too_many", count=len(values), most=MOST_CODES)
    pattern = {"scian": _SCIAN, "hs": _HS}.get(field, _CLASSIFICATION)
    for value in values:
        if not pattern.fullmatch(value):
            raise FieldError(field, f"code_{field}" if field in ("scian", "hs") else "code_ipc", value=value)


def order(field: str, later: date | None, earlier: date | None) -> None:
    """``later`` is not before ``earlier``, where both are known."""
    if later is not None and earlier is not None and later < earlier:
        raise FieldError(field, "order", value=later.isoformat(), earlier=earlier.isoformat())


def utc(field: str, value: datetime) -> None:
    """A moment that says it is in UTC."""
    if value.utcoffset() != timedelta(0):
        raise FieldError(field, "utc", value=value.isoformat())
