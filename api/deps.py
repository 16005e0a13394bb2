"""What routes ask for, as annotated dependencies."""

import hmac
import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn
from uuid import UUID

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.following import Follower
from api.language import preferred
from api.metrics import Metrics
from api.problems import Refusal
from matchmaker.bootstrap import Application
from matchmaker.errors import FieldError
from matchmaker.matching.matcher import Matcher
from matchmaker.texts import Language

# Nesting of the deepest row: object, list of legal states, object, list of events, object. Twice that is a mistake.
_DEEPEST = 10
# NUL and lone surrogates: JSON can spell them, no database can store them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Service:
    """What stands behind the routes of one application."""

    application: Application
    follower: Follower
    metrics: Metrics


async def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


async def _application(service: ServiceDep) -> Application:
    return service.application


ApplicationDep = Annotated[Application, Depends(_application)]


async def _language(
    accept_language: Annotated[str, Header(description="es (the default) or en.", examples=["en"])] = "",
) -> Language:
    return preferred(accept_language)


LanguageDep = Annotated[Language, Depends(_language)]

_Bearer = Annotated[
    HTTPAuthorizationCredentials | None,
    Depends(HTTPBearer(auto_error=False, description="The installation's token (MATCHMAKER_API_TOKEN).")),
]


async def _holds_token(service: ServiceDep, bearer: _Bearer) -> bool:
    token = service.application.settings.api_token.get_secret_value()
    if bearer is None or not token:
        return False
    # Headers arrive as Latin-1; compared as bytes, because compare_digest takes no other text than ASCII.
    return hmac.compare_digest(bearer.credentials.encode("latin-1"), token.encode())


HoldsToken = Annotated[bool, Depends(_holds_token)]
"""Whether the request carries the installation's token, and so may see everything."""


async def _writer(holds_token: HoldsToken, bearer: _Bearer) -> None:
    if not holds_token:
        challenge = 'Bearer realm="matchmaker"' + (', error="invalid_token"' if bearer else "")
        raise Refusal(401, "api.unauthorized", headers={"WWW-Authenticate": challenge})


Writer = Annotated[None, Depends(_writer)]
"""Refuses a request that may not write."""


async def _engine(service: ServiceDep) -> Matcher:
    return engine(service.follower)


EngineDep = Annotated[Matcher, Depends(_engine)]


def engine(follower: Follower) -> Matcher:
    """
    The engine.

    Raises:
        Refusal: 503, it is not loaded; why it cannot be, if it cannot, stands in the log only.
    """
    if follower.matcher is None:
        raise Refusal(503, "api.loading", headers={"Retry-After": "5"})
    return follower.matcher


Limit = Annotated[int, Query(ge=1, le=100, description="Most entries of the page.")]
After = Annotated[UUID | None, Query(description="Identity after which the page begins: `next` of the last page.")]
Count = Annotated[int, Query(ge=1, le=100, description="How many matches.")]


async def _json_object(request: Request) -> dict[str, Any]:
    if not _is_json(request.headers.get("content-type", "")):
        raise Refusal(415, "api.media")
    try:
        body = json.loads((await request.body()).decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Refusal(400, "api.malformed") from None
    if not isinstance(body, dict):
        raise Refusal(400, "api.object")
    for name, value in body.items():
        _check(name, value)
    return body


JsonObject = Annotated[dict[str, Any], Depends(_json_object)]
"""The body: a JSON object whose texts every database can hold."""


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are Python's, not JSON's."""
    raise ValueError(constant)


def _check(field: str, value: Any) -> None:
    """Look through a value without recursion, however it is nested."""
    waiting: list[tuple[int, Any]] = [(1, field), (1, value)]
    while waiting:
        depth, part = waiting.pop()
        if depth > _DEEPEST:
            raise Refusal(400, "api.malformed")
        if isinstance(part, str):
            _check_text(field, part)
        elif isinstance(part, dict):
            waiting += [(depth + 1, inner) for pair in part.items() for inner in pair]
        elif isinstance(part, list):
            waiting += [(depth + 1, inner) for inner in part]


def _check_text(field: str, text: str) -> None:
    if _UNSTORABLE.search(text):
        raise FieldError(_printable(field), "control")


def _printable(field: str) -> str:
    return field.encode("ascii", "backslashreplace").decode().replace("\x00", "\\0")
