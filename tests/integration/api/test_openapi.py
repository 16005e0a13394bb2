"""The document that describes the API."""

import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from api.shapes import NeedShown, OfferShown
from matchmaker import __version__
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from tests.integration.api.conftest import BEARER, Door


@pytest.fixture(scope="module")
def document(door: Door) -> dict[str, Any]:
    content: dict[str, Any] = door.client.get("/openapi.json").json()
    return content


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_openapi_3_1_of_this_version(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["version"] == __version__


def test_it_names_every_address(document: dict[str, Any]) -> None:
    assert {(path, method) for path, method, _ in operations(document)} == {
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/v1/matches", "post"),
        ("/v1/needs", "get"),
        ("/v1/needs", "post"),
        ("/v1/needs/{identity}", "get"),
        ("/v1/needs/{identity}/matches", "get"),
        ("/v1/offers", "get"),
        ("/v1/offers", "post"),
        ("/v1/offers/{identity}", "get"),
        ("/v1/offers/{identity}/matches", "get"),
    }


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for inner in part.values():
                yield from references(inner)
        elif isinstance(part, list):
            for inner in part:
                yield from references(inner)

    found = set(references(document))
    assert len(found) > 10
    for reference in found:
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]


def test_errors_are_documented_as_problems_and_nothing_else(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }
    assert set(document["paths"]["/v1/needs"]["post"]["responses"]) == {
        "201",
        "400",
        "401",
        "409",
        "413",
        "415",
        "422",
        "503",
    }
    assert "HTTPValidationError" not in json.dumps(document)


def test_every_address_is_explained(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)


def test_the_examples_it_gives_are_taken(document: dict[str, Any], fresh_door: Door) -> None:
    for path, name, status in (
        ("/v1/offers", "OfferPosted", 201),
        ("/v1/needs", "NeedPosted", 201),
        ("/v1/matches", "Question", 200),
    ):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body == {"$ref": f"#/components/schemas/{name}"}
        for example in document["components"]["schemas"][name]["examples"]:
            assert fresh_door.client.post(path, json=example, headers=BEARER).status_code == status


@pytest.mark.parametrize(("shown", "kind"), [(NeedShown, Need), (OfferShown, Offer)])
def test_no_field_of_the_domain_is_forgotten(shown: type[NeedShown | OfferShown], kind: type[Need | Offer]) -> None:
    assert {field.name for field in fields(kind)} - {"organization"} <= set(shown.model_fields)


def test_no_page_of_documentation_is_loaded_from_elsewhere(door: Door) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert door.client.get(path).status_code == 404
