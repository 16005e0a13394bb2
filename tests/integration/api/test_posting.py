"""Posting needs and offers."""

from typing import Any

import pytest

from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import OrganizationKind
from matchmaker.storage.repositories import Profiles
from tests.integration.api.conftest import BEARER, TOKEN, Door

ENGLISH = {"Accept-Language": "en"}
NEED = {
    "owner": "Empaque La Loma",
    "reference": "N-1",
    "title": "Saber cuál aguacate va a madurar",
    "description": "Sin partirlo, en la banda.",
    "state": "Michoacán",
    "scian": ["1113"],
}
OFFER = {
    "owner": "Universidad de la Meseta",
    "reference": "P-1",
    "kind": "patent",
    "language": "en",
    "title": "Handheld spectrometer for avocado dry matter",
    "description": "Predicts ripening without cutting the fruit.",
    "trl": "TRL 7",
    "license_availability": "available",
}
WRITES = [("/v1/needs", NEED), ("/v1/offers", OFFER)]


def refused(door: Door, path: str, body: dict[str, Any], status: int = 422) -> dict[str, Any]:
    answer = door.operator.post(path, json=body, headers=ENGLISH)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


def stored(door: Door) -> tuple[int, int]:
    with door.installation.work(writes=False) as work:
        return work.needs.count(), work.offers.count()


def test_a_posted_offer_is_found_at_once_by_a_posted_need_and_the_other_way_round(any_door: Door) -> None:
    offer = any_door.operator.post("/v1/offers", json=OFFER)
    assert offer.status_code == 201, offer.text
    asked = any_door.client.post("/v1/matches", json={"text": "aguacate"}).json()["matches"]
    assert [match["offer_id"] for match in asked] == [offer.json()["id"]]
    need = any_door.operator.post("/v1/needs", json=NEED)
    assert need.status_code == 201, need.text
    forward = any_door.client.get(f"{need.headers['location']}/matches").json()["matches"]
    backward = any_door.client.get(f"{offer.headers['location']}/matches").json()["matches"]
    assert [match["offer_id"] for match in forward] == [offer.json()["id"]]
    assert [match["need_id"] for match in backward] == [need.json()["id"]]


def test_what_is_posted_is_answered_as_it_is_read_afterwards(any_door: Door) -> None:
    for path, body in WRITES:
        answer = any_door.operator.post(path, json=body)
        assert answer.headers["location"] == f"{path}/{answer.json()['id']}"
        assert any_door.operator.get(answer.headers["location"]).json() == answer.json()
        assert answer.json()["owner"] == body["owner"]


def test_values_are_read_as_in_the_rows_of_an_import(fresh_door: Door) -> None:
    need = fresh_door.operator.post("/v1/needs", json=NEED).json()
    assert (need["state"], need["publication_date"]) == ("16", "2026-03-02")
    offer = fresh_door.operator.post("/v1/offers", json=OFFER | {"ipc": "A01B 1/00; C02F 1/44", "mrl": None}).json()
    assert (offer["trl"], offer["ipc"]) == (7, ["A01B 1/00", "C02F 1/44"])
    assert offer["licensing"][0]["availability"] == "available"
    untitled = {"owner": "U", "reference": "P-2", "description": "Mide el fruto en la rama. Sin cortarlo."}
    assert fresh_door.operator.post("/v1/offers", json=untitled).json()["title"] == "Mide el fruto en la rama."


def test_a_new_owner_is_registered_for_what_it_posts_and_a_known_one_is_used(fresh_door: Door) -> None:
    for path, body in WRITES:
        for reference in ("A", "B"):
            assert fresh_door.operator.post(path, json=body | {"reference": reference}).status_code == 201
    with fresh_door.installation.work(writes=False) as work:
        known = work.organizations.by_name([NEED["owner"], OFFER["owner"]])  # type: ignore[list-item]
        owners = {need.organization for need in work.needs.all()}
    assert {name: organization.kind for name, organization in known.items()} == {
        NEED["owner"]: OrganizationKind.COMPANY,
        OFFER["owner"]: OrganizationKind.TTO,
    }
    assert owners == {known[str(NEED["owner"])].id}


@pytest.mark.parametrize("visibility", ["private", "anonymous"])
def test_a_need_is_posted_under_the_visibility_it_asks_for(fresh_door: Door, visibility: str) -> None:
    answer = fresh_door.operator.post("/v1/needs", json=NEED | {"visibility": visibility})
    assert (answer.json()["visibility"], answer.json()["owner"]) == (visibility, NEED["owner"])
    seen = fresh_door.client.get(answer.headers["location"])
    assert seen.status_code == (404 if visibility == "private" else 200)
    assert str(NEED["owner"]) not in seen.text


@pytest.mark.parametrize(("path", "body"), WRITES)
@pytest.mark.parametrize(
    ("headers", "challenge"),
    [
        ({}, 'Bearer realm="matchmaker"'),
        ({"Authorization": "Basic dXNlcg=="}, 'Bearer realm="matchmaker"'),
        ({"Authorization": "Bearer wrong"}, 'Bearer realm="matchmaker", error="invalid_token"'),
        ({"Authorization": f"Bearer {TOKEN}".encode() + b"!"}, 'Bearer realm="matchmaker", error="invalid_token"'),
    ],
)
def test_writing_needs_the_token(
    fresh_door: Door, path: str, body: dict[str, Any], headers: dict[str, Any], challenge: str
) -> None:
    answer = fresh_door.client.post(path, json=body, headers=headers | ENGLISH)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == challenge
    assert answer.headers["content-type"] == "application/problem+json"
    assert fresh_door.client.post(path, content=b"{", headers=headers).status_code == 401
    assert stored(fresh_door) == (0, 0)


def test_the_name_of_the_scheme_may_be_written_in_any_case(fresh_door: Door) -> None:
    headers = {"Authorization": b"bEARER" + BEARER["Authorization"].removeprefix(b"Bearer")}
    assert fresh_door.client.post("/v1/needs", json=NEED, headers=headers).status_code == 201


@pytest.mark.parametrize(("path", "body"), WRITES)
def test_a_reference_is_taken_once_for_each_owner(any_door: Door, path: str, body: dict[str, Any]) -> None:
    assert any_door.operator.post(path, json=body).status_code == 201
    problem = refused(any_door, path, body | {"title": "Otra cosa"}, 409)
    assert problem["detail"] == f"{body['owner']} has already posted {body['reference']}: choose another reference"
    assert any_door.operator.post(path, json=body | {"owner": "Otra casa"}).status_code == 201
    assert sum(stored(any_door)) == 2


def test_a_reference_taken_by_another_process_at_the_same_moment_is_refused_too(
    any_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert any_door.operator.post("/v1/needs", json=NEED).status_code == 201
    monkeypatch.setattr(Profiles, "by_reference", lambda *_: {})
    refused(any_door, "/v1/needs", NEED, 409)
    assert stored(any_door) == (1, 0)


@pytest.mark.parametrize(
    ("path", "change", "pointer", "sentence"),
    [
        ("/v1/needs", {"owner": None}, "#/owner", "owner is missing"),
        ("/v1/needs", {"owner": "x" * 257}, "#/owner", "owner has 257 characters; at most 256"),
        ("/v1/needs", {"owner": ["x"]}, "#/owner", "owner: a text was expected"),
        ("/v1/needs", {"reference": ""}, "#/reference", "reference is missing"),
        ("/v1/needs", {"title": "", "description": ""}, "#/title", "title is missing"),
        ("/v1/needs", {"title": {"es": "x"}}, "#/title", "title: a text was expected"),
        ("/v1/needs", {"title": "x\x00"}, "#/title", "title holds a character that no database can store"),
        (
            "/v1/needs",
            {"municipality": "\x00"},
            "#/municipality",
            "municipality holds a character that no database can store",
        ),
        (
            "/v1/needs",
            {"technology_keywords": ["a", "\x00"]},
            "#/technology_keywords",
            "technology_keywords holds a ch",
        ),
        (
            "/v1/needs",
            {"metadata": {"a": [{"b": "\x00"}]}},
            "#/metadata",
            "metadata holds a character that no database can store",
        ),
        ("/v1/needs", {"state": "Jalico"}, "#/state", "state: “Jalico” is not a state of Mexico we know. Did you"),
        ("/v1/needs", {"visibility": "secret"}, "#/visibility", "visibility: “secret” is not one of"),
        ("/v1/needs", {"visibilty": "private"}, "#/visibilty", "visibilty is not a field we know"),
        ("/v1/needs", {"id": "1"}, "#/id", "id is not a field we know"),
        ("/v1/needs", {"organization": "1"}, "#/organization", "organization is not a field we know"),
        ("/v1/needs", {"kind": "patent"}, "#/kind", "kind is not a field we know"),
        ("/v1/needs", {"profile_type": "offer"}, "#/profile_type", "profile_type: “offer” is not one of"),
        ("/v1/needs", {"publication_date": "31/03/2026"}, "#/publication_date", "publication_date: “31/03/2026” is"),
        ("/v1/needs", {"expiration_date": "2020-01-01"}, "#/expiration_date", "expiration_date: 2020-01-01 lies"),
        ("/v1/offers", {"profile_type": "request"}, "#/profile_type", "profile_type: “request” is not one of"),
        ("/v1/offers", {"trl": 10}, "#/trl", "trl: 10 is outside 1–9"),
        ("/v1/offers", {"trl": True}, "#/trl", "trl: a text was expected"),
        ("/v1/offers", {"trl": 2, "stage_of_development": "already on the market"}, "#/trl", "trl: TRL 2 does not fit"),
        ("/v1/offers", {"scian": ["x"]}, "#/scian", "scian: “x” is not a SCIAN code"),
        ("/v1/offers", {"legal_status": [{"colour": 1}]}, "#/legal_status", "legal_status.colour: “colour” is not"),
        (
            "/v1/offers",
            {"legal_status": [{"jurisdiction": "MX", "right": "patent", "state": "in_force"}]},
            "#/legal_status",
            "legal_status.events: the state in_force in MX needs at least one event",
        ),
    ],
)
def test_a_field_that_breaks_a_rule_is_pointed_at_and_nothing_is_stored(
    fresh_door: Door, path: str, change: dict[str, Any], pointer: str, sentence: str
) -> None:
    body = (NEED if "needs" in path else OFFER) | change
    [error] = refused(fresh_door, path, body)["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].startswith(sentence)
    assert stored(fresh_door) == (0, 0)


def test_field_errors_are_said_in_spanish_too(fresh_door: Door) -> None:
    answer = fresh_door.operator.post("/v1/offers", json=OFFER | {"trl": 10})
    assert answer.json()["detail"].startswith("la solicitud no es válida")
    assert answer.json()["errors"][0]["detail"].startswith("trl: 10 está fuera del intervalo 1–9")


def test_half_a_character_is_refused_before_any_database_sees_it(fresh_door: Door) -> None:
    for body in ('{"owner": "a", "reference": "b\\ud800"}', '{"metadata": {"\\udc00": 1}}', '{"\\ud800": 1}'):
        headers = ENGLISH | {"Content-Type": "application/json"}
        answer = fresh_door.operator.post("/v1/offers", content=body, headers=headers)
        assert answer.status_code == 422
        assert "half of a pair" in answer.json()["errors"][0]["detail"]
    assert stored(fresh_door) == (0, 0)


def test_what_is_stored_stays_stored_and_is_told_when_the_index_fails(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_on_progress: object) -> int:
        raise OSError("disk full")

    monkeypatch.setattr(fresh_door.installation.indexes, "catch_up", fail)
    answer = fresh_door.operator.post("/v1/offers", json=OFFER)
    assert answer.status_code == 201
    assert fresh_door.client.get(answer.headers["location"]).status_code == 200


def test_there_is_no_writing_to_an_identity(fresh_door: Door) -> None:
    for path in ("/v1/needs", "/v1/offers"):
        for method in ("PUT", "PATCH", "DELETE", "POST"):
            assert fresh_door.operator.request(method, f"{path}/{new_id()}", json={}).status_code == 405
