"""Matches as plain JSON, for the command line and the HTTP API alike."""

from typing import Any

from matchmaker.domain.need import Need
from matchmaker.domain.organization import Organization
from matchmaker.domain.terms import Visibility
from matchmaker.knowledge.places import REGIONS, STATES
from matchmaker.matching.explanation import Evidence
from matchmaker.matching.facts import Factor
from matchmaker.matching.matcher import NeedMatch, OfferMatch
from matchmaker.texts import Language, say

# Characters of a subsector's code: all that is shown of an anonymous company.
_SUBSECTOR = 3


def offer_match(match: OfferMatch, language: Language) -> dict[str, Any]:
    """An offer found for a need."""
    return {
        "rank": match.rank,
        "offer_id": str(match.offer.id),
        "reference": match.offer.reference,
        "title": match.offer.title,
        "kind": match.offer.kind.value,
        "language": match.offer.language,
        "owner": match.owner.name,
        **_scores(match, language),
    }


def need_match(match: NeedMatch, language: Language) -> dict[str, Any]:
    """A need found for an offer, showing of the company what its visibility allows."""
    return {
        "rank": match.rank,
        "need_id": str(match.need.id),
        "title": match.need.title,
        "language": match.need.language,
        "visibility": match.need.visibility.value,
        **company(match.need, match.owner, language),
        **_scores(match, language),
    }


def company(need: Need, owner: Organization, language: Language) -> dict[str, Any]:
    """Whose need it is: for a public one, its company and place; for an anonymous one, region and subsector only."""
    region = STATES[need.state].region if need.country == "MX" and need.state else None
    scian = need.scian or owner.scian
    shown: dict[str, Any] = {
        "region": REGIONS[region].name if region else None,
        "subsectors": sorted({code[:_SUBSECTOR] for code in scian}),
    }
    if need.visibility is not Visibility.PUBLIC:
        return {"owner": say("visibility.anonymous", language), **shown}
    return {
        "owner": owner.name,
        "reference": need.reference,
        "state": need.state,
        "municipality": need.municipality,
        **shown,
    }


def _scores(match: OfferMatch | NeedMatch, language: Language) -> dict[str, Any]:
    return {
        "score": round(match.score, 4),
        "probability": None if match.probability is None else round(match.probability, 4),
        "factors": [_factor(factor, language) for factor in match.factors],
        "evidence": [_evidence(pair) for pair in match.evidence],
    }


def _factor(factor: Factor, language: Language) -> dict[str, Any]:
    return {"name": factor.name, "value": factor.value, **dict(factor.values), "text": factor.say(language)}


def _evidence(pair: Evidence) -> dict[str, Any]:
    return {"need": pair.need, "offer": pair.offer, "similarity": round(pair.similarity, 4)}
