"""Matching a need in one's own words."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from evaluation import sample
from tests.integration.api.conftest import Door

SPANISH_NEED = "El agua de nuestra tenería sale verde y con cromo; hay que quitárselo antes de descargarla."


def ask(door: Door, language: str = "es", **question: Any) -> list[dict[str, Any]]:
    answer = door.client.post("/v1/matches", json=question, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    assert answer.json()["encoder"] == door.installation.encoder.encoder.digest
    matches: list[dict[str, Any]] = answer.json()["matches"]
    return matches


def test_a_spanish_need_is_answered_by_an_english_offer(door: Door) -> None:
    best, *_ = ask(door, text=SPANISH_NEED)
    assert (best["reference"], best["language"], best["rank"]) == ("P-chromium", "en", 1)
    assert best["owner"] == "Oficina de Transferencia del Bajío"
    assert best["offer_id"] == str(door.offers["chromium"].id)
    assert -1 <= best["score"] <= 1
    assert best["probability"] is None or 0 <= best["probability"] <= 1
    assert best["evidence"][0]["need"] in SPANISH_NEED
    assert "chromium" in str(best["evidence"])


def test_an_english_need_is_answered_by_a_spanish_offer(door: Door) -> None:
    best, *_ = ask(door, "en", text="Tell which avocado will ripen, without cutting it")
    assert (best["reference"], best["language"]) == ("P-avocado", "es")


@pytest.mark.slow
def test_spanish_needs_of_the_sample_world_find_english_offers_that_answer_them(sample_door: Door) -> None:
    offers = {row["reference"]: row for row in sample.rows("offers")}
    collection = sample.dataset("test")
    answered = asked = 0
    for reference, text in collection.queries.items():
        judged = collection.qrels[reference]
        wanted = {offer for offer, grade in judged.items() if grade >= 2 and offers[offer]["language"] == "en"}
        if wanted:
            asked += 1
            answered += any(match["reference"] in wanted for match in ask(sample_door, text=text, k=10))
    assert asked > 50
    assert answered > asked / 4  # ten offers drawn blindly from 416 would answer one need in twenty


def test_what_is_known_of_the_asker_shows_in_the_facts(door: Door) -> None:
    asker = {"state": "Guanajuato", "municipality": "Leon", "scian": ["3161"], "assimilation_level": 3}
    best, *_ = ask(door, "en", text=SPANISH_NEED, **asker)
    assert {factor["name"]: factor["value"] for factor in best["factors"]} == {
        "nearness": "same_municipality",
        "sector": "same_branch",
        "readiness": "fits",
        "licence": "unknown",
        "legal_state": "in_force",
    }


@pytest.mark.parametrize(
    ("place", "nearness"),
    [
        ({}, "unknown"),
        ({"state": "11"}, "same_state"),
        ({"state": "Jalisco", "country": "MX"}, "same_region"),
        ({"municipality": "León"}, "country"),
        ({"country": "MX"}, "country"),
        ({"country": "CL", "state": "Valparaíso"}, "abroad"),
        ({"country": "CL"}, "abroad"),
    ],
)
def test_nearness_follows_from_the_place_stated(door: Door, place: dict[str, str], nearness: str) -> None:
    best, *_ = ask(door, text=SPANISH_NEED, **place)
    assert next(factor["value"] for factor in best["factors"] if factor["name"] == "nearness") == nearness


@pytest.mark.parametrize(("language", "sentence"), [("es", "mismo estado"), ("en", "same state")])
def test_facts_are_said_in_the_language_of_the_request(door: Door, language: str, sentence: str) -> None:
    best, *_ = ask(door, language, text=SPANISH_NEED, state="11")
    assert sentence in {factor["text"] for factor in best["factors"]}


@pytest.mark.parametrize(("k", "found"), [(1, 1), (3, 3), (100, 4)])
def test_k_says_how_many(door: Door, k: int, found: int) -> None:
    assert len(ask(door, text="agua", k=k)) == found


def test_a_long_text_is_read_to_its_end(door: Door) -> None:
    around = "Somos una empresa familiar con cuarenta años en el ramo. " * 60
    best, *_ = ask(door, text=f"{around} {SPANISH_NEED}")
    assert best["evidence"]
    assert len(ask(door, text="agua " * 2000)) == 4


@pytest.mark.parametrize("text", ["?", "🦐", "\u202e", "a" * 10_000, "\n\t x", "̈", "水", "<script>alert(1)</script>"])
def test_any_text_is_answered(door: Door, text: str) -> None:
    assert len(ask(door, text=text)) == 4


def test_many_who_ask_at_once_are_all_answered(door: Door) -> None:
    texts = [f"{SPANISH_NEED} " * length for length in range(1, 9)] * 5
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda text: ask(door, text=text), texts))
    assert {matches[0]["reference"] for matches in found} == {"P-chromium"}


def test_an_empty_installation_finds_nothing(fresh_door: Door) -> None:
    assert ask(fresh_door, text="agua") == []
