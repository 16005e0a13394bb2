"""The OpenAPI document: bodies that the domain describes, and the problems every operation can answer with."""

from typing import Any

from fastapi import FastAPI

from api.problems import MEDIA_TYPE
from api.questions import Question

Parts = dict[str, Any]

_REFERENCE = "#/components/schemas/{model}"
_MEANINGS = {
    400: "The body is not JSON.",
    401: "The token is missing or wrong.",
    404: "There is no such thing, or it is not visible to whoever asks.",
    409: "The organization has posted this reference before.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    422: "Values are not accepted; `errors` says which and why.",
    503: "The engine or the database cannot be reached yet; try again later.",
}
_NEED_EXAMPLE = {
    "owner": "Curtidos del Bajío",
    "reference": "N-2026-01",
    "title": "Quitar cromo del agua de curtido",
    "description": "El agua sale verde de los tambores y no pasa la norma.",
    "visibility": "anonymous",
    "state": "Guanajuato",
    "scian": ["3161"],
}
_OFFER_EXAMPLE = {
    "owner": "Universidad del Bajío",
    "reference": "P-2024-118",
    "kind": "patent",
    "language": "en",
    "title": "Walnut-shell adsorbent for heavy metals",
    "description": "Removes chromium and nickel in a column that citric acid regenerates.",
    "trl": 7,
    "state": "Guanajuato",
    "license_availability": "available",
}


def problems(*statuses: int) -> dict[int | str, Parts]:
    """The problems that an operation can answer with, for its ``responses``."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    return {status: {"description": _MEANINGS[status], "content": content} for status in statuses}


def question_body() -> Parts:
    """The body of a match of one's own words."""
    return _body({"$ref": _REFERENCE.format(model="Question")}, Question.model_config["json_schema_extra"])


def install(app: FastAPI) -> None:
    """Make the application describe itself with the parts the framework cannot see."""

    def document() -> Parts:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
