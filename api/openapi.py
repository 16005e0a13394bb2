"""The OpenAPI document: bodies that the domain describes, and the problems every operation can answer with."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from api.problems import MEDIA_TYPE
from api.questions import Question
from api.shapes import Problem
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer

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


def body(model: str) -> Parts:
    """The JSON body of an operation, for its ``openapi_extra``: ``Question``, ``NeedPosted`` or ``OfferPosted``."""
    schema = {"$ref": _REFERENCE.format(model=model)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def install(app: FastAPI) -> None:
    """Make the application describe itself with the parts that the framework cannot see."""

    def document() -> Parts:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> Parts:
    document: Parts = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    schemas = document["components"]["schemas"]
    unseen = {
        "Problem": _schema(Problem),
        "Question": _schema(Question),
        "NeedPosted": _posted(Need, _NEED_EXAMPLE),
        "OfferPosted": _posted(Offer, _OFFER_EXAMPLE),
    }
    for name, schema in unseen.items():
        for part, definition in schema.pop("$defs", {}).items():
            schemas.setdefault(part, definition)
        schemas[name] = schema
    return document


def _posted(kind: type[Need] | type[Offer], example: Parts) -> Parts:
    """A need or offer as it is posted: what the domain holds, with its organization by name."""
    schema = _schema(kind)
    properties = {name: part for name, part in schema["properties"].items() if name not in ("id", "organization")}
    owner = {"type": "string", "description": "Name of the organization; it is registered if it is new."}
    return {
        **schema,
        "properties": {"owner": owner, **properties},
        "required": ["owner", "reference"],
        "examples": [example],
    }


def _schema(kind: type[Any]) -> Parts:
    schema: Parts = TypeAdapter(kind).json_schema(ref_template=_REFERENCE)
    return schema
