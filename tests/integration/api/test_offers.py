"""Reading offers, and the needs they could serve."""

from typing import Any

import pytest

from matchmaker.domain.rules import new_id
from tests.integration.api.conftest import Door

ENGLISH = {"Accept-Language": "en"}


def test_an_offer_is_shown_with_its_legal_status(door: Door) -> None:
    offer = door.offers["chromium"]
    shown = door.client.get(f"/v1/offers/{offer.id}").json()
    assert (shown["id"], shown["reference"], shown["kind"]) == (str(offer.id), "P-chromium", "patent")
    assert shown["owner"] == "Oficina de Transferencia del Bajío"
    assert (shown["trl"], shown["state"], shown["municipality"]) == (6, "11", "León")
    assert shown["annex"] == "Breakthrough curves of forty cycles."
    [status] = shown["legal_status"]
    assert (status["jurisdiction"], status["state"]) == ("MX", "in_force")
    assert status["events"] == [{"date": "2021-05-04", "kind": "grant", "note": ""}]


def test_offers_are_turned_page_by_page(door: Door) -> None:
    first = door.client.get("/v1/offers?limit=3").json()
    last = door.client.get(f"/v1/offers?limit=3&after={first['next']}").json()
    shown = [*first["offers"], *last["offers"]]
    assert [offer["id"] for offer in shown] == sorted(str(offer.id) for offer in door.offers.values())
    assert {offer["annex"] for offer in shown} == {None}
    assert last["next"] is None


@pytest.mark.parametrize("path", ["/v1/offers/{}", "/v1/offers/{}/matches"])
def test_an_offer_that_does_not_exist_is_not_found(door: Door, path: str) -> None:
    identity = new_id()
    answer = door.client.get(path.format(identity), headers=ENGLISH)
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"there is no offer {identity}"


def reverse(door: Door, *, everything: bool = False) -> dict[str, dict[str, Any]]:
    """The needs matched with the chromium offer, by their name."""
    known = {str(need.id): name for name, need in door.needs.items()}
    client = door.operator if everything else door.client
    answer = client.get(f"/v1/offers/{door.offers['chromium'].id}/matches?k=100", headers=ENGLISH)
    assert answer.json()["encoder"] == door.installation.encoder.encoder.digest
    return {known[match["need_id"]]: match for match in answer.json()["matches"]}


def test_open_needs_are_found_for_an_offer_and_private_ones_never_not_even_with_the_token(door: Door) -> None:
    shown = {"public", "anonymous", "last day", "anniversary", "english"}
    for everything in (False, True):
        found = reverse(door, everything=everything)
        assert set(found) == shown
        assert next(reversed(found)) == "english"
        assert [match["rank"] for match in found.values()] == [1, 2, 3, 4, 5]


def test_a_public_need_is_found_with_its_company_and_an_anonymous_one_without(door: Door) -> None:
    found = reverse(door)
    public, anonymous = found["public"], found["anonymous"]
    assert (public["owner"], public["state"], public["municipality"]) == ("Curtidos Rivera", "11", "León")
    assert anonymous["owner"] == "Anonymous company"
    assert (anonymous["region"], anonymous["subsectors"]) == ("Centro", ["316"])
    for telling in ("Rivera", "León", "N-anonymous", "316110"):
        assert telling not in str(anonymous)
    assert {factor["name"]: factor["value"] for factor in anonymous["factors"]} == {
        "nearness": "unknown",
        "sector": "same_subsector",
        "readiness": "unknown",
        "licence": "unknown",
        "legal_state": "in_force",
    }
    assert {factor["value"] for factor in public["factors"]} >= {"same_municipality", "same_branch", "too_raw"}


def test_the_token_shows_whose_the_found_needs_are(door: Door) -> None:
    anonymous = reverse(door, everything=True)["anonymous"]
    assert (anonymous["owner"], anonymous["visibility"]) == ("Curtidos Rivera", "anonymous")
    assert "same_municipality" in {factor["value"] for factor in anonymous["factors"]}


def test_k_says_how_many(door: Door) -> None:
    path = f"/v1/offers/{door.offers['chromium'].id}/matches"
    assert len(door.client.get(f"{path}?k=2").json()["matches"]) == 2
    for k in ("0", "101", "-1", "x"):
        assert door.client.get(f"{path}?k={k}").status_code == 422
