"""Values of cells, as a file or a request spells them, to the types of the domain."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from matchmaker.domain import rules
from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.offer import EVERYWHERE, Licensing
from matchmaker.domain.terms import (
    EventKind,
    IprStatus,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    Right,
    Stage,
    Visibility,
)
from matchmaker.errors import FieldError
from matchmaker.portfolios import json_text

Reader = Callable[[str, Any], Any]
T = TypeVar("T")

_YES = {"yes", "true", "1", "sí", "si", "verdadero"}
_NO = {"no", "false", "0", "falso"}
# No more digits than any number of a portfolio has: Python refuses to read very long ones.
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)


def read(field: str, value: object) -> Any:
    """
    The value of a field of a need or an offer.

    Raises:
        FieldError: it is not what the field holds.
    """
    return _READERS.get(field, text)(field, value)


def text(field: str, value: object) -> str:
    """
    A text or a number, without surrounding white space.

    Raises:
        FieldError: it is a list, an object or a truth value.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise FieldError(field, "text")


def licence_everywhere(availability: object, note: object) -> Licensing:
    """
    Whether a licence can be had wherever nothing else is said; a note alone leaves it unknown.

    Raises:
        FieldError: ``availability`` is not in the closed list, or the note is too long.
    """
    chosen = _choice(LicenceAvailability)("license_availability", availability)
    evidence = text("license_note", note)
    try:
        return Licensing(availability=chosen, evidence=evidence)
    except FieldError as error:
        raise under("license_note", error) from None


def under(field: str, error: FieldError) -> FieldError:
    """The same broken rule, under the name that the field has in a file."""
    return FieldError(field, error.rule, **{name: value for name, value in error.values.items() if name != "field"})


def _words(field: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = _json(field, value) if value.lstrip().startswith("[") else value.replace("|", ";").split(";")
    if not isinstance(value, list):
        raise FieldError(field, "list")
    return tuple(word for word in (text(field, item) for item in value) if word)


def _day(field: str, value: object) -> date:
    written = text(field, value)
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise FieldError(field, "date", value=written) from None


def _whole(field: str, value: object) -> int:
    written = text(field, value)
    bare = written.upper().removeprefix(field.upper()).strip()  # “TRL 6” is how people say 6
    if not _WHOLE.fullmatch(bare):
        raise FieldError(field, "number", value=written)
    return int(bare)


def _truth(field: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = text(field, value).lower()
    if word not in _YES | _NO:
        raise FieldError(field, "boolean", value=word)
    return word in _YES


def _country(field: str, value: object) -> str:
    return text(field, value).upper()


def _jurisdiction(field: str, value: object) -> str:
    written = _country(field, value)
    if written != EVERYWHERE:
        rules.country(field, written)
    return written


def _choice(kind: type[StrEnum]) -> Reader:
    def choose(field: str, value: object) -> StrEnum:
        return rules.one_of(kind, field, text(field, value))

    return choose


def _entries_of(kind: type[T], readers: Mapping[str, Reader]) -> Reader:
    """Reads a list of JSON objects, each to a ``kind``; parts without a reader of their own are text."""
    known = {part.name for part in fields(kind)}  # type: ignore[arg-type]
    required = [part.name for part in fields(kind) if part.default is MISSING]  # type: ignore[arg-type]

    def entry(field: str, given: dict[str, Any]) -> T:
        for name in given:
            if name not in known:
                raise FieldError(f"{field}.{name}", "choice", value=name, choices=", ".join(sorted(known)))
        parts = {name: part for name, part in given.items() if not empty(part)}
        for name in required:
            if name not in parts:
                raise FieldError(f"{field}.{name}", "missing")
        return kind(**{name: readers.get(name, text)(f"{field}.{name}", part) for name, part in parts.items()})

    def entries(field: str, value: object) -> tuple[T, ...]:
        if isinstance(value, str):
            value = _json(field, value)
        if not isinstance(value, list) or not all(isinstance(given, dict) for given in value):
            raise FieldError(field, "objects")
        return tuple(entry(field, given) for given in value)

    return entries


def empty(value: object) -> bool:
    """Whether a value says nothing: none, a text of white space, a list or object without members."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def _json(field: str, value: str) -> Any:
    try:
        return json_text.parse(value)
    except json_text.Unreadable as error:
        raise FieldError(field, error.rule, **error.values) from None


_EVENT_READERS: dict[str, Reader] = {"date": _day, "kind": _choice(EventKind)}
_LICENCE_READERS: dict[str, Reader] = {
    "jurisdiction": _jurisdiction,
    "availability": _choice(LicenceAvailability),
    "read_on": _day,
}
_LEGAL_READERS: dict[str, Reader] = {
    "right": _choice(Right),
    "state": _choice(LegalState),
    "jurisdiction": _country,
    "events": _entries_of(LegalEvent, _EVENT_READERS),
    **dict.fromkeys(("filing_date", "grant_date", "next_due_date", "restorable_until", "read_on"), _day),
}
_READERS: dict[str, Reader] = {
    **dict.fromkeys(("types_of_partnership", "technology_keywords", "market_keywords", "sdg_keywords"), _words),
    **dict.fromkeys(("targeted_countries", "scian", "ipc", "cpc", "hs"), _words),
    **dict.fromkeys(("publication_date", "expiration_date", "deadline_for_eoi"), _day),
    **dict.fromkeys(("trl", "mrl"), _whole),
    "country": _country,
    "kind": _choice(OfferKind),
    "stage_of_development": _choice(Stage),
    "ipr_status": _choice(IprStatus),
    "visibility": _choice(Visibility),
    "status": _choice(NeedStatus),
    "deliverable_remotely": _truth,
    "legal_status": _entries_of(LegalStatus, _LEGAL_READERS),
    "licensing": _entries_of(Licensing, _LICENCE_READERS),
}
