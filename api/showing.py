"""Who may see which need, and how much of it."""

from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from api.shapes import NeedShown, OfferShown
from matchmaker.domain.need import LIFETIME, Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import Profile
from matchmaker.domain.terms import NeedStatus, Visibility
from matchmaker.errors import NotFound
from matchmaker.matching import report
from matchmaker.matching.facts import Asker, factors
from matchmaker.matching.matcher import NeedMatch
from matchmaker.storage import tables
from matchmaker.storage.unit_of_work import UnitOfWork
from matchmaker.texts import Language

# What of an anonymous need could tell whose it is; region and subsectors are shown instead.
_TELLING = ("reference", "country", "state", "municipality", "scian", "hs")


def is_visible(need: Need, on: date) -> bool:
    """Whether everybody may see a need on a day: public or anonymous, and open."""
    return need.visibility is not Visibility.PRIVATE and need.is_open(on)


def visible(on: date) -> tuple[ColumnElement[bool], ...]:
    """:func:`is_visible` as conditions on the table of needs."""
    need = tables.needs.c
    return (
        need.visibility != Visibility.PRIVATE.value,
        need.status == NeedStatus.PUBLISHED.value,
        need.publication_date <= on,
        or_(
            need.expiration_date >= on,
            and_(need.expiration_date.is_(None), need.publication_date >= on - LIFETIME),
        ),
    )


def find_need(work: UnitOfWork, identity: UUID, on: date, *, everything: bool) -> Need:
    """The need, if whoever asks may see it.

    Raises:
        NotFound: there is none, or it is hidden: the two cannot be told apart.
    """
    need = work.needs.get_many([identity]).get(identity)
    if need is None or not (everything or is_visible(need, on)):
        raise NotFound("need", identity)
    return need


def need_shown(
    need: Need, owner: Organization, language: Language, *, everything: bool, annex: bool = True
) -> NeedShown:
    """A need as its asker may see it."""
    values = _values(need, annex=annex)
    if _is_veiled(need, everything=everything):
        values |= dict.fromkeys(_TELLING)
    return NeedShown.model_validate({**values, **_company(need, owner, language, everything=everything)})


def offer_shown(offer: Offer, owner: Organization, *, annex: bool = True) -> OfferShown:
    """An offer."""
    return OfferShown.model_validate({**_values(offer, annex=annex), "owner": owner.name})


def asker(need: Need, owner: Organization, *, everything: bool) -> Asker:
    """Who asks, as whoever looks may know it."""
    return Asker.of(need, owner) if everything else Asker.shown(need, owner)


def need_match_shown(match: NeedMatch, offer: Offer, language: Language, *, everything: bool) -> dict[str, Any]:
    """A need found for an offer, as its asker may see it."""
    seen_by = asker(match.need, match.owner, everything=everything)
    shown = report.need_match(replace(match, factors=factors(seen_by, offer)), language)
    return shown | _company(match.need, match.owner, language, everything=everything)


def _is_veiled(need: Need, *, everything: bool) -> bool:
    return need.visibility is not Visibility.PUBLIC and not everything


def _company(need: Need, owner: Organization, language: Language, *, everything: bool) -> dict[str, Any]:
    seen = replace(need, visibility=Visibility.PUBLIC) if everything else need
    return report.company(seen, owner, language)


def _values(profile: Profile, *, annex: bool) -> dict[str, Any]:
    values = {field.name: getattr(profile, field.name) for field in fields(profile)}
    return values if annex else {**values, "annex": None}
