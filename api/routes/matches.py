"""Matching a need in one's own words."""

from typing import Any

from fastapi import APIRouter

from api.deps import ApplicationDep, EngineDep, JsonObject, LanguageDep
from api.openapi import body, problems
from api.questions import Question
from api.shapes import OfferMatches
from matchmaker.matching.report import offer_match

router = APIRouter(tags=["matches"])


@router.post(
    "/v1/matches",
    response_model=OfferMatches,
    openapi_extra=body("Question"),
    responses=problems(400, 413, 415, 422, 503),
)
def match_text(
    application: ApplicationDep, engine: EngineDep, language: LanguageDep, posted: JsonObject
) -> dict[str, Any]:
    """The offers nearest to a need that is not stored."""
    question = Question.of(posted)
    found = engine.offers_for(question.text, question.asker(), question.k)
    return {
        "matches": [offer_match(match, language) for match in found],
        "encoder": application.encoder.encoder.digest,
    }
