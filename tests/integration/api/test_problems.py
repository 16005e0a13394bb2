"""Every error is a problem (RFC 9457) in the language asked for, whoever raises it."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from matchmaker.matching.matcher import Matcher
from tests.integration.api.conftest import BEARER, Door

JSON = {"Content-Type": "application/json"}
NOWHERE = "0198c0de-0000-7000-8000-000000000000"
SPANISH, ENGLISH = {"Accept-Language": "es-MX"}, {"Accept-Language": "en"}


def check(answer: Any, status: int) -> dict[str, object]:
    """The problem that an answer is, once its form is checked."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer.request.url.raw_path.decode().partition("?")[0]
    return problem


@pytest.mark.parametrize(
    ("method", "path", "status", "spanish", "english"),
    [
        ("GET", "/v2/needs", 404, "no hay nada en esta dirección", "there is nothing at this address"),
        ("GET", "/v1/needs/", 404, "no hay nada en esta dirección", "there is nothing at this address"),
        ("GET", "/docs", 404, "no hay nada en esta dirección", "there is nothing at this address"),
        ("DELETE", "/v1/needs", 405, "esta dirección no acepta DELETE", "this address does not take DELETE"),
        ("GET", f"/v1/needs/{NOWHERE}", 404, f"no existe la necesidad {NOWHERE}", f"there is no need {NOWHERE}"),
        ("GET", f"/v1/offers/{NOWHERE}", 404, f"no existe la oferta {NOWHERE}", f"there is no offer {NOWHERE}"),
        ("GET", "/v1/offers?limit=0", 422, "la solicitud no es válida", "the request is not valid"),
        ("POST", "/v1/needs", 401, "esta operación requiere el token", "this operation needs the bearer token"),
        ("POST", "/v1/matches", 415, "el cuerpo debe enviarse como application/json", "the body must be sent as"),
    ],
)
def test_a_problem_is_said_in_spanish_and_in_english(
    door: Door, method: str, path: str, status: int, spanish: str, english: str
) -> None:
    for headers, language, sentence in (({}, "es", spanish), (SPANISH, "es", spanish), (ENGLISH, "en", english)):
        answer = door.client.request(method, path, headers=headers)
        assert str(check(answer, status)["detail"]).startswith(sentence)
        assert answer.headers["content-language"] == language


def test_titles_are_said_in_the_language_too(door: Door) -> None:
    assert door.client.get("/nada", headers=SPANISH).json()["title"] == "No encontrado"
    assert door.client.get("/nada", headers=ENGLISH).json()["title"] == "Not found"


def test_a_refused_method_names_every_method_the_address_takes(door: Door) -> None:
    for path, allowed in (("/v1/needs", "GET, POST"), ("/v1/matches", "POST"), ("/openapi.json", "GET")):
        answer = door.client.put(path)
        check(answer, 405)
        assert set(answer.headers["allow"].split(", ")) >= set(allowed.split(", "))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("{'text': 'agua'}", 400),
        ('{"text": "agua", "k": NaN}', 400),
        ('{"text": "agua", "k": 1e999999}', 422),
        ('{"text": "agua", "k": ' + "9" * 5000 + "}", 400),
        ("[" * 200_000, 400),
        ('{"a":' * 100_000, 400),
        ("[" * 900 + "]" * 900, 400),
        ('{"text": "agua", "scian": ' + "[" * 900 + "]" * 900 + "}", 400),
        ('{"text": "agua", "scian": ' + "[" * 12 + "]" * 12 + "}", 400),
        ('{"text": "agua", "scian": ' + '{"a":' * 12 + "0" + "}" * 13, 400),
        ("[]", 400),
        ('"agua"', 400),
        ("null", 400),
        ("{}", 422),
        ('{"text": null}', 422),
        ('{"text": ["agua"]}', 422),
        ('{"text": "agua\\u0000"}', 422),
        ('{"text": "agua", "\\u0000": 1}', 422),
        ('{"text": "agua \\ud800"}', 422),
        ('{"text": "agua", "\\udfff": 1}', 422),
        ('{"text": "agua", "scian": ["\\ud800"]}', 422),
        ('{"text": "agua", "k": "3"}', 422),
        ('{"text": "agua", "k": true}', 422),
        ('{"text": "agua", "k": 0}', 422),
        ('{"text": "agua", "k": 101}', 422),
        ('{"text": "agua", "limit": 3}', 422),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(door: Door, body: str, status: int) -> None:
    for headers in (SPANISH, ENGLISH):
        check(door.client.post("/v1/matches", content=body, headers=JSON | headers), status)


@pytest.mark.parametrize("path", ["/v1/matches", "/v1/needs", "/v1/offers"])
def test_bytes_that_are_no_text_are_refused(door: Door, path: str) -> None:
    for body in (b"\xff\xfe{", '{"text": "año"}'.encode("latin-1"), '{"text": "agua"}'.encode("utf-16")):
        check(door.client.post(path, content=body, headers=JSON | BEARER), 400)


def test_a_byte_order_mark_and_a_kindred_media_type_are_taken(door: Door) -> None:
    body = b"\xef\xbb\xbf" + json.dumps({"text": "agua", "k": 1}).encode()
    for media_type in ("application/json", "Application/JSON; charset=utf-8", "application/ld+json"):
        assert door.client.post("/v1/matches", content=body, headers={"Content-Type": media_type}).status_code == 200
    for media_type in ("", "text/plain", "application/x-www-form-urlencoded", "application/jsonl", "text/x+json"):
        check(door.client.post("/v1/matches", content=body, headers={"Content-Type": media_type}), 415)


@pytest.mark.parametrize(
    ("body", "pointer", "spanish", "english"),
    [
        ({}, "#/text", "falta text", "text is missing"),
        ({"text": " \n"}, "#/text", "falta text", "text is missing"),
        ({"text": "a" * 10_001}, "#/text", "text tiene 10001 caracteres", "text has 10001 characters; at most 10000"),
        ({"text": "a", "k": 0}, "#/k", "k: 0 es menor que 1", "k: 0 is less than 1"),
        ({"text": "a", "k": 101}, "#/k", "k: 101 es mayor que 100", "k: 101 is more than 100"),
        ({"text": "a", "k": 2.5}, "#/k", "k: “2.5” no es un número entero", "k: “2.5” is not a whole number"),
        ({"text": "a", "state": "Jalico"}, "#/state", "state: “Jalico” no", "state: “Jalico” is not a state"),
        ({"text": "a", "state": "Narnia"}, "#/state", "state: “Narnia” no", "state: “Narnia” is not a state"),
        ({"text": "a", "country": "mx"}, "#/country", "country: “mx” no", "country: “mx” is not a country code"),
        ({"text": "a", "scian": ["x"]}, "#/scian", "scian: “x” no", "scian: “x” is not a SCIAN code"),
        ({"text": "a", "scian": [31]}, "#/scian/0", "0: ", "0: a text was expected"),
        ({"text": "a", "scian": "31"}, "#/scian", "scian: ", "scian: a list of texts was expected"),
        (
            {"text": "a", "scian": ["31"] * 21},
            "#/scian",
            "scian tiene 21 elementos",
            "scian has 21 entries; at most 20",
        ),
        ({"text": "a", "assimilation_level": 6}, "#/assimilation_level", "assimilation_level: 6 es mayor", "assimil"),
        ({"text": "a", "tamaño/~": 1}, "#/tama%C3%B1o~1~0", "tamaño/~ no es un campo", "tamaño/~ is not a field"),
        ({"text": "a", "municipality": "\x00"}, "#/municipality", "municipality tiene un", "municipality holds a ch"),
    ],
)
def test_a_field_at_fault_is_pointed_at_and_explained(
    door: Door, body: dict[str, object], pointer: str, spanish: str, english: str
) -> None:
    for headers, sentence in ((SPANISH, spanish), (ENGLISH, english)):
        problem = check(door.client.post("/v1/matches", json=body, headers=headers), 422)
        [error] = problem["errors"]  # type: ignore[misc]
        assert error["pointer"] == pointer
        assert error["detail"].startswith(sentence)


def test_every_field_a_shape_refuses_is_named_at_once(door: Door) -> None:
    problem = check(door.client.post("/v1/matches", json={"k": 0, "state": 3}), 422)
    errors: list[dict[str, str]] = problem["errors"]  # type: ignore[assignment]
    assert {error["pointer"] for error in errors} == {"#/text", "#/k", "#/state"}


@pytest.mark.parametrize(
    ("query", "parameter", "english"),
    [
        ("limit=0", "limit", "limit: 0 is less than 1"),
        ("limit=101", "limit", "limit: 101 is more than 100"),
        ("limit=many", "limit", "limit: “many” is not a whole number"),
        ("limit=" + "9" * 5000, "limit", "limit has a value that is not accepted"),
        ("limit=", "limit", "limit: "),
        ("after=x", "after", "after: “x” is not an identity"),
        ("after=%00", "after", "after: "),
        ("after=" + "y" * 99, "after", "after: “" + "y" * 40 + "”"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/needs", "/v1/offers"])
def test_a_parameter_at_fault_is_named(door: Door, path: str, query: str, parameter: str, english: str) -> None:
    problem = check(door.client.get(f"{path}?{query}", headers=ENGLISH), 422)
    [error] = problem["errors"]  # type: ignore[misc]
    assert error["parameter"] == parameter
    assert error["detail"].startswith(english)


@pytest.mark.parametrize("identity", ["x", "1", "0198c0de", NOWHERE + "0", "%00", "%ff", "'--", "..%2f..%2fetc"])
@pytest.mark.parametrize("path", ["/v1/needs/{}", "/v1/needs/{}/matches", "/v1/offers/{}", "/v1/offers/{}/matches"])
def test_what_is_no_identity_is_refused(door: Door, path: str, identity: str) -> None:
    answer = door.client.get(path.format(identity), headers=ENGLISH)
    assert answer.status_code == (404 if "%2f" in identity else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    if answer.status_code == 422:
        [error] = answer.json()["errors"]
        assert error["parameter"] == "identity"
        assert "is not an identity" in error["detail"]


def chunks(size: int) -> Iterator[bytes]:
    """A body that is sent piece by piece, without a length."""
    for _ in range(size // 1000):
        yield b" " * 1000


@pytest.mark.parametrize("path", ["/v1/matches", "/v1/needs", "/v1/offers", "/nowhere"])
def test_a_body_that_is_too_large_is_refused_whatever_it_says_of_its_length(door: Door, path: str) -> None:
    whole = door.client.post(path, content=b" " * 1_000_001, headers=ENGLISH | JSON)
    assert check(whole, 413)["detail"] == "the body has more than 1,000,000 bytes"
    in_pieces = door.client.post(path, content=chunks(1_001_000), headers=SPANISH | JSON)
    assert in_pieces.request.headers.get("content-length") is None
    assert check(in_pieces, 413)["detail"] == "el cuerpo tiene más de 1,000,000 bytes"


def test_a_body_of_just_the_limit_is_read(door: Door) -> None:
    body = json.dumps({"text": "agua", "k": 1}).encode().ljust(1_000_000)
    assert door.client.post("/v1/matches", content=body, headers=JSON).status_code == 200
    assert door.client.post("/v1/matches", content=iter([body[:5], body[5:]]), headers=JSON).status_code == 200


def test_a_failure_shows_nothing_of_the_inside_and_is_logged_under_the_id_of_its_request(
    door: Door, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(Matcher, "offers_for", fail)
    for headers, said in ((SPANISH, "algo falló de nuestro lado"), (ENGLISH, "something failed on our side")):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            answer = door.client.post("/v1/matches", json={"text": "agua"}, headers=headers)
        detail = str(check(answer, 500)["detail"])
        assert detail.startswith(said)
        assert answer.headers["x-request-id"] in detail
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        [record] = caplog.records
        assert answer.headers["x-request-id"] in record.getMessage()
        assert "secret inside" in caplog.text


ANSWERS = [
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/offers"),
    ("GET", "/nowhere"),
    ("PUT", "/v1/offers"),
    ("POST", "/v1/matches"),
    ("POST", "/v1/needs"),
]


@pytest.mark.parametrize(("method", "path"), ANSWERS)
def test_every_answer_carries_its_request_id_and_the_headers_that_keep_browsers_out(
    door: Door, method: str, path: str
) -> None:
    first, second = (door.client.request(method, path) for _ in range(2))
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["x-frame-options"] == "DENY"
    assert first.headers["content-security-policy"].startswith("default-src 'none'")
    assert first.headers["cache-control"] == "no-store"


def call(door: Door, headers: list[tuple[bytes, bytes]], *messages: dict[str, object]) -> list[Any]:
    """What the application sends to somebody whose server hands on these messages and no more."""
    waiting, sent = iter(messages), []

    async def receive() -> dict[str, object]:
        return next(waiting)

    async def send(message: object) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/matches", "headers": headers, "query_string": b""}
    anyio.run(door.app, scope, receive, send)
    return sent


def test_a_length_that_is_too_large_is_refused_before_anything_is_read(door: Door) -> None:
    start, *_ = call(door, [(b"content-length", b"1000001")])
    assert start["status"] == 413


def test_a_sender_who_leaves_half_way_is_not_answered_and_does_no_harm(door: Door) -> None:
    half = {"type": "http.request", "body": b"{", "more_body": True}
    assert call(door, [], half, {"type": "http.disconnect"}) == []
    assert door.client.get("/healthz").status_code == 200
