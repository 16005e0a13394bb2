"""Rows to needs and offers: every value checked, every problem with its field."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from uuid import UUID

from matchmaker.domain import rules
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import DESCRIPTION, PLACE, TITLE
from matchmaker.domain.terms import LicenceAvailability, OfferKind, OrganizationKind
from matchmaker.errors import FieldError
from matchmaker.knowledge.places import state_code
from matchmaker.portfolios import cells
from models.text import sentences

Values = Mapping[str, Any]

REQUEST = "request"
OFFER = "offer"

DEFAULT_KIND = OfferKind.KNOW_HOW

# What the reader of a row gives a need or offer by itself, rather than the row.
_GIVEN = {"id", "organization"}
# Columns that say something about the row rather than being a field of the need or offer.
_AROUND = frozenset({"owner", "profile_type", "license_availability", "license_note", "metadata"})
_FIELDS = {
    OFFER: frozenset(field.name for field in fields(Offer)) - _GIVEN,
    REQUEST: frozenset(field.name for field in fields(Need)) - _GIVEN,
}

KNOWN = frozenset.union(_AROUND, *_FIELDS.values())
"""Every column that means something."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked row, not yet tied to an organization or an identity."""

    owner: str
    reference: str
    profile_type: str
    values: dict[str, Any]
    unknown: tuple[str, ...]
    kind_assumed: bool
    title_assumed: bool
    description_split: bool

    def build(self, organization: UUID, identity: UUID | None, published: date) -> Need | Offer:
        """
        The need or offer; ``published`` counts where the row names no date of publication.

        Raises:
            FieldError: the values break a rule together.
        """
        values = {"publication_date": published, **self.values, "organization": organization}
        if identity is not None:
            values["id"] = identity
        return Need(**values) if self.profile_type == REQUEST else Offer(**values)


def draft(values: Values, owner: str | None) -> Draft:
    """
    Check a row, whose fields are given as a file spells them; ``owner`` counts where the row names none.

    Raises:
        FieldError: naming the first field that is wrong.
    """
    profile_type = _profile_type(values)
    named = _owner(values, owner)
    known = _FIELDS[profile_type]
    checked = {"reference": ""} | {name: cells.read(name, value) for name, value in values.items() if name in known}
    checked["state"] = _state(checked.get("state"), checked.get("country", "MX"))
    if profile_type == OFFER:
        checked |= _licensing(values, checked.get("licensing", ()))
    return Draft(
        owner=named,
        reference=checked["reference"],
        profile_type=profile_type,
        title_assumed=_assume_title(checked),
        description_split=_split_description(checked),
        kind_assumed=profile_type == OFFER and _assume_kind(checked),
        values=checked,
        unknown=tuple(sorted(values.keys() - known - _AROUND)),
    )


def _profile_type(values: Values) -> str:
    named = cells.text("profile_type", values.get("profile_type", OFFER)).lower()
    if named not in _FIELDS:
        raise FieldError("profile_type", "choice", value=named, choices=", ".join(_FIELDS))
    return named


def _owner(values: Values, otherwise: str | None) -> str:
    named = cells.text("owner", values.get("owner", otherwise or ""))
    if not named:
        raise FieldError("owner", "owner")
    try:
        return Organization(name=named, kind=OrganizationKind.TTO).name
    except FieldError as error:
        raise cells.under("owner", error) from None


def _licensing(values: Values, listed: tuple[Licensing, ...]) -> dict[str, tuple[Licensing, ...]]:
    """The entries listed, and the one for everywhere that a plain column gives."""
    if values.keys().isdisjoint(("license_availability", "license_note")):
        return {}
    availability = values.get("license_availability", LicenceAvailability.UNKNOWN)
    return {"licensing": (*listed, cells.licence_everywhere(availability, values.get("license_note", "")))}


def _assume_kind(checked: dict[str, Any]) -> bool:
    """Whether an offer had to be given a kind."""
    assumed = "kind" not in checked
    checked.setdefault("kind", DEFAULT_KIND)
    return assumed


def _assume_title(checked: dict[str, Any]) -> bool:
    """Whether a title had to be made: the first sentence of the description, cut at a word if it is too long."""
    if checked.get("title"):
        return False
    first = next(iter(sentences(checked.get("description", ""))), None)
    title = first.text if first else ""
    checked["title"] = title if len(title) <= TITLE else title[: TITLE - 1].rsplit(" ", 1)[0] + "…"
    return True


def _split_description(checked: dict[str, Any]) -> bool:
    """Whether the description was too long and its rest was made an annex."""
    if "annex" in checked or len(checked.get("description", "")) <= DESCRIPTION:
        return False
    checked["description"], checked["annex"] = _split(checked["description"])
    return True


def _split(description: str) -> tuple[str, str]:
    """A text in two at the last sentence end that keeps the first part within a description, or at a word."""
    ends = [sentence.end for sentence in sentences(description[:DESCRIPTION]) if sentence.end < DESCRIPTION]
    at = ends[-1] if ends else len(description[:DESCRIPTION].rsplit(None, 1)[0])
    return description[:at].strip(), description[at:].strip()


def _state(value: str | None, country: str) -> str | None:
    if value is None or country != "MX":
        return value
    rules.text("state", value, PLACE)
    return state_code(value)
