"""Offers."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api.deps import (
    After,
    ApplicationDep,
    Count,
    EngineDep,
    HoldsToken,
    JsonObject,
    LanguageDep,
    Limit,
    ServiceDep,
    Writer,
)
from api.openapi import body, problems
from api.posting import post
from api.shapes import NeedMatches, OfferPage, OfferShown
from api.showing import need_match_shown, offer_shown
from matchmaker.domain.offer import Offer
from matchmaker.portfolios.build import OFFER

router = APIRouter(prefix="/v1/offers", tags=["offers"])


@router.get("", responses=problems(422))
def list_offers(application: ApplicationDep, limit: Limit = 20, after: After = None) -> OfferPage:
    """The offers."""
    with application.work(writes=False) as work:
        found = work.offers.page(limit + 1, after)
        shown = found[:limit]
        owners = work.organizations.get_many({offer.organization for offer in shown})
    return OfferPage(
        offers=[offer_shown(offer, owners[offer.organization], annex=False) for offer in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{identity}", responses=problems(404, 422))
def read_offer(identity: UUID, application: ApplicationDep) -> OfferShown:
    """An offer."""
    with application.work(writes=False) as work:
        offer = work.offers.get(identity)
        owner = work.organizations.get(offer.organization)
    return offer_shown(offer, owner)


@router.get("/{identity}/matches", response_model=NeedMatches, responses=problems(404, 422, 503))
def match_offer(
    identity: UUID,
    application: ApplicationDep,
    engine: EngineDep,
    language: LanguageDep,
    everything: HoldsToken,
    k: Count = 10,
) -> dict[str, Any]:
    """The open needs nearest to an offer. Private needs are never among them."""
    with application.work(writes=False) as work:
        offer = work.offers.get(identity)
    found = engine.needs_for(offer, k)
    return {
        "matches": [need_match_shown(match, offer, language, everything=everything) for match in found],
        "encoder": application.encoder.encoder.digest,
    }


@router.post(
    "",
    status_code=201,
    openapi_extra=body("OfferPosted"),
    responses=problems(400, 401, 409, 413, 415, 422, 503),
)
def post_offer(_: Writer, service: ServiceDep, __: EngineDep, posted: JsonObject, response: Response) -> OfferShown:
    """Store an offer and make it findable."""
    offer, owner = post(service.application, posted, OFFER)
    assert isinstance(offer, Offer)
    service.follower.catch_up()
    response.headers["Location"] = f"/v1/offers/{offer.id}"
    return offer_shown(offer, owner)
