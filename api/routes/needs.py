"""Needs."""

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
from api.shapes import NeedPage, NeedShown, OfferMatches
from api.showing import asker, find_need, need_shown, visible
from matchmaker.domain.need import Need
from matchmaker.matching.report import offer_match
from matchmaker.portfolios.build import REQUEST

router = APIRouter(prefix="/v1/needs", tags=["needs"])


@router.get("", responses=problems(422))
def list_needs(
    application: ApplicationDep,
    language: LanguageDep,
    everything: HoldsToken,
    limit: Limit = 20,
    after: After = None,
) -> NeedPage:
    """The open needs that everybody may see; with the token, all."""
    conditions = () if everything else visible(application.clock.today())
    with application.work(writes=False) as work:
        found = work.needs.page(limit + 1, after, *conditions)
        shown = found[:limit]
        owners = work.organizations.get_many({need.organization for need in shown})
    return NeedPage(
        needs=[
            need_shown(need, owners[need.organization], language, everything=everything, annex=False) for need in shown
        ],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.get("/{identity}", responses=problems(404, 422))
def read_need(identity: UUID, application: ApplicationDep, language: LanguageDep, everything: HoldsToken) -> NeedShown:
    """A need."""
    with application.work(writes=False) as work:
        need = find_need(work, identity, application.clock.today(), everything=everything)
        owner = work.organizations.get(need.organization)
    return need_shown(need, owner, language, everything=everything)


@router.get("/{identity}/matches", response_model=OfferMatches, responses=problems(404, 422, 503))
def match_need(
    identity: UUID,
    application: ApplicationDep,
    engine: EngineDep,
    language: LanguageDep,
    everything: HoldsToken,
    k: Count = 10,
) -> dict[str, Any]:
    """The offers nearest to a need."""
    with application.work(writes=False) as work:
        need = find_need(work, identity, application.clock.today(), everything=everything)
        owner = work.organizations.get(need.organization)
    found = engine.offers_for(need.searchable_text(), asker(need, owner, everything=everything), k)
    return {
        "matches": [offer_match(match, language) for match in found],
        "encoder": application.encoder.encoder.digest,
    }


@router.post(
    "",
    status_code=201,
    openapi_extra=body("NeedPosted"),
    responses=problems(400, 401, 409, 413, 415, 422, 503),
)
def post_need(
    _: Writer,
    service: ServiceDep,
    __: EngineDep,
    language: LanguageDep,
    posted: JsonObject,
    response: Response,
) -> NeedShown:
    """Store a need and make it findable."""
    need, owner = post(service.application, posted, REQUEST)
    assert isinstance(need, Need)
    service.follower.catch_up()
    response.headers["Location"] = f"/v1/needs/{need.id}"
    return need_shown(need, owner, language, everything=True)
