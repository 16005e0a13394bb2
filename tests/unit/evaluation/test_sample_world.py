"""The sample world keeps the promises of its guideline."""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from itertools import combinations

import pytest

from evaluation import sample
from matchmaker.domain.organization import readiness_floor
from matchmaker.domain.profile import join_sections
from matchmaker.domain.terms import LegalState, LicenceAvailability, OfferKind
from matchmaker.knowledge.places import STATES, Nearness, Place, nearness
from matchmaker.portfolios.build import draft
from matchmaker.portfolios.mapping import Mapping

NEEDS = {row["reference"]: row for row in sample.rows("needs")}
OFFERS = {row["reference"]: row for row in sample.rows("offers")}
COMPANIES = {row["name"]: row for row in sample.rows("organizations")}
JUDGEMENTS = list(sample.rows("judgements"))
_GRAM = 5


def test_it_is_as_large_and_as_varied_as_promised() -> None:
    regions = {STATES[row["state"]].region for row in NEEDS.values() if row["country"] == "MX"}
    subsectors = {code[:3] for row in NEEDS.values() for code in row["scian"]}
    states = Counter(entry["state"] for row in OFFERS.values() for entry in row["legal_status"])
    jurisdictions = {entry["jurisdiction"] for row in OFFERS.values() for entry in row["legal_status"]}

    assert len(NEEDS) >= 150
    assert len(OFFERS) >= 400
    assert len(regions) == 7
    assert len(subsectors) >= 14
    assert {row["kind"] for row in OFFERS.values()} == set(OfferKind)
    assert set(states) == set(LegalState)
    assert {row["license_availability"] for row in OFFERS.values()} == set(LicenceAvailability)
    assert {"MX", "US"} <= jurisdictions
    assert {row["language"] for row in NEEDS.values()} == {row["language"] for row in OFFERS.values()} == {"es", "en"}


def test_every_row_is_accepted_by_the_import_as_it_stands() -> None:
    for row in (*NEEDS.values(), *OFFERS.values()):
        made = draft(Mapping().apply(row), None)

        assert made.unknown == ()


def test_no_five_words_in_a_row_are_shared_by_two_needs() -> None:
    grams = {reference: _grams(_need_text(row)) for reference, row in NEEDS.items()}

    shared = [(a, b, grams[a] & grams[b]) for a, b in combinations(grams, 2) if grams[a] & grams[b]]

    assert shared == []


def test_no_five_words_in_a_row_are_shared_by_a_need_and_its_answers() -> None:
    shared = [
        (pair["need"], pair["offer"], common)
        for pair in JUDGEMENTS
        if (common := _grams(_need_text(NEEDS[pair["need"]])) & _grams(_offer_text(OFFERS[pair["offer"]])))
    ]

    assert shared == []


def test_train_and_test_share_no_need() -> None:
    train, test = sample.dataset("train"), sample.dataset("test")

    assert not train.qrels.keys() & test.qrels.keys()
    assert train.qrels.keys() | test.qrels.keys() == NEEDS.keys()


@pytest.mark.parametrize("name", sorted(sample.manifest()["sha256"]))
def test_nothing_has_changed_since_it_was_frozen(name: str) -> None:
    found = hashlib.sha256((sample.FOLDER / name).read_bytes()).hexdigest()

    assert found == sample.manifest()["sha256"][name]


def test_grades_follow_from_the_judgements_by_the_written_rule() -> None:
    graded = {}
    for pair in JUDGEMENTS:
        kept = [name for name in pair["obstacles"] if name != "licence"]
        grade = pair["technical"]
        if grade >= 2:
            grade = 1 if "licence" in pair["obstacles"] else max(1, grade - len(kept))
        assert pair["grade"] == grade
        graded[pair["need"], pair["offer"]] = grade

    for part in ("train", "test"):
        for need, offers in sample.dataset(part).qrels.items():
            for offer, grade in offers.items():
                assert graded.get((need, offer), 0) == grade


def test_obstacles_that_follow_from_facts_are_set_by_them() -> None:
    for pair in JUDGEMENTS:
        need, offer = NEEDS[pair["need"]], OFFERS[pair["offer"]]
        floor = readiness_floor(COMPANIES[need["owner"]]["assimilation_level"])
        too_raw = offer["trl"] is not None and offer["trl"] < floor

        assert ("readiness" in pair["obstacles"]) == too_raw
        if "distance" in pair["obstacles"]:
            assert nearness(_place(need), _place(offer)) < Nearness.ADJACENT_STATE


def test_it_holds_what_makes_matching_hard() -> None:
    answers = [pair for pair in JUDGEMENTS if pair["grade"] >= 2]
    across = [pair for pair in answers if NEEDS[pair["need"]]["language"] != OFFERS[pair["offer"]]["language"]]
    obstacles = Counter(name for pair in JUDGEMENTS for name in pair["obstacles"])
    unanswered = NEEDS.keys() - {pair["need"] for pair in JUDGEMENTS}
    words = [len(_need_text(row).split()) for row in NEEDS.values()]

    assert len(across) >= 80
    assert min(obstacles[name] for name in ("distance", "readiness", "licence", "constraint")) >= 10
    assert len(unanswered) >= 15
    assert min(words) <= 20
    assert max(words) >= 200


def test_the_pools_hold_every_judged_pair() -> None:
    pools = {row["need"]: set(row["offers"]) for row in map(json.loads, _lines("pools.jsonl"))}

    assert all(pair["offer"] in pools[pair["need"]] for pair in JUDGEMENTS)
    assert min(len(pool) for pool in pools.values()) >= 20


def _lines(name: str) -> list[str]:
    return (sample.FOLDER / name).read_text(encoding="utf-8").splitlines()


def _place(row: dict[str, str]) -> Place:
    return Place(row["country"], row["state"], row["municipality"])


def _need_text(row: dict[str, str]) -> str:
    return join_sections(row["title"], row["description"])


def _offer_text(row: dict[str, str]) -> str:
    return join_sections(
        row["title"], row.get("short_summary", ""), row["description"], row.get("advantages_and_innovation", "")
    )


def _grams(text: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", text.lower())
    words = re.findall("[a-z0-9]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))
    return {" ".join(words[at : at + _GRAM]) for at in range(len(words) - _GRAM + 1)}
