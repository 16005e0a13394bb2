"""Every error as a problem (RFC 9457) in the language of the request."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api.language import preferred
from matchmaker.errors import FieldError, MatchmakerError, NotFound, Unavailable
from matchmaker.texts import Language, say

MEDIA_TYPE = "application/problem+json"

Parts = dict[str, Any]

# Characters of a refused value that are quoted back.
_QUOTED = 40
_STATUS: tuple[tuple[type[MatchmakerError], int], ...] = (
    (FieldError, 422),
    (NotFound, 404),
    (Unavailable, 503),
)
_KEYS = {400: "api.malformed", 404: "api.route"}


class Refusal(MatchmakerError):
    """A request that is answered with ``status`` and the sentence ``key``."""

    def __init__(self, status: int, key: str, *, headers: Mapping[str, str] | None = None, **values: object) -> None:
        super().__init__(key, **values)
        self.status = status
        self.headers = headers


def problem(
    request: Request,
    status: int,
    key: str,
    values: Mapping[str, object] | None = None,
    *,
    errors: Sequence[Parts] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The answer that says the sentence ``key`` with ``values``; ``errors`` name the fields at fault."""
    language = language_of(request)
    content: Parts = {
        "type": "about:blank",
        "title": say(f"api.title.{status}", language),
        "status": status,
        "detail": say(key, language, **(values or {})),
        "instance": quote(request.scope["path"]),
    }
    if errors:
        content["errors"] = list(errors)
    return JSONResponse(
        content,
        status,
        headers={**(headers or {}), "Content-Language": language.value},
        media_type=MEDIA_TYPE,
    )


def language_of(request: Request) -> Language:
    """The language to answer a request in."""
    return preferred(request.headers.get("accept-language", ""))


def install(app: FastAPI) -> None:
    """Answer every error that a route or the framework raises with a problem."""
    app.add_exception_handler(MatchmakerError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unrouted)


def field_errors(found: Sequence[Any], language: Language) -> list[Parts]:
    """What a model found wrong, each with where it stands and what to do."""
    return [{**_place(error["loc"]), "detail": _sentence(error, language)} for error in found]


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MatchmakerError)
    if isinstance(error, Refusal):
        return problem(request, error.status, error.key, error.values, headers=error.headers)
    if isinstance(error, FieldError):
        # A field inside a list is named without the entry's number, so that only the list can be pointed at.
        at = _place(("body", error.field.partition(".")[0]))
        return problem(request, 422, "api.invalid", errors=[{**at, "detail": error.say(language_of(request))}])
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if status is None:
        raise error
    return problem(request, status, error.key, error.values)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(request, 422, "api.invalid", errors=field_errors(error.errors(), language_of(request)))


async def _unrouted(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        return problem(request, 405, "api.method", {"method": request.method}, headers=_allowed(request, error))
    return problem(request, error.status_code, _KEYS[error.status_code], headers=error.headers)


def _allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """Every method that the address takes; the framework names those of one route only."""
    operations = request.app.openapi()["paths"].get(getattr(request.scope.get("route"), "path", ""), {})
    methods = ", ".join(sorted(method.upper() for method in operations))
    return {"Allow": methods or (error.headers or {}).get("Allow", "GET")}


def _place(location: Sequence[Any]) -> Parts:
    """Where a value stands: a JSON pointer (RFC 6901, as a URI fragment) into the body, or a parameter's name."""
    source, *path = location
    if source != "body":
        return {"parameter": str(path[-1]) if path else str(source)}
    steps = (quote(str(step).replace("~", "~0").replace("/", "~1"), safe="~") for step in path)
    return {"pointer": "#" + "".join(f"/{step}" for step in steps)}


def _sentence(error: Mapping[str, Any], language: Language) -> str:
    field = str(error["loc"][-1])
    limits = error.get("ctx", {})
    given = error.get("input")
    shown = str(given)[:_QUOTED] if isinstance(given, str | int | float) else ""
    length = len(given) if isinstance(given, str | list) else 0
    key, values = {
        "missing": ("field.missing", {}),
        "string_too_short": ("field.missing", {}),
        "string_too_long": ("field.too_long", {"length": length, "longest": limits.get("max_length")}),
        "too_long": ("field.too_many", {"count": length, "most": limits.get("max_length")}),
        "string_type": ("field.text", {}),
        "list_type": ("field.list", {}),
        "int_type": ("field.number", {"value": shown}),
        "int_parsing": ("field.number", {"value": shown}),
        "greater_than_equal": ("api.at_least", {"value": shown, "least": limits.get("ge")}),
        "less_than_equal": ("api.at_most", {"value": shown, "most": limits.get("le")}),
        "uuid_parsing": ("api.identity", {"value": shown}),
        "extra_forbidden": ("api.unknown_field", {}),
    }.get(error["type"], ("api.value", {}))
    return say(key, language, field=field, **values)
