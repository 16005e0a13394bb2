"""Reading needs and matching them: what everybody sees, what only the token shows, and what nobody can tell."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from api.showing import is_visible, visible
from matchmaker.domain.rules import new_id
from matchmaker.domain.terms import NeedStatus, Visibility
from matchmaker.storage import tables
from tests.factories import DAY, make_need, make_organization
from tests.integration.api.conftest import BEARER, Door

SHOWN = {"public", "anonymous", "last day", "anniversary", "english"}
HIDDEN = ["private", "draft", "closed", "expired", "forgotten", "coming", "anonymous draft"]
# Every read route that takes a need.
PROBES = ["/v1/needs/{}", "/v1/needs/{}/matches", "/v1/needs/{}/matches?k=1"]
WRONG = [
    {},
    {"Authorization": "Bearer wrong"},
    {"Authorization": "Bearer "},
    {"Authorization": "Bearer"},
    {"Authorization": b"Basic " + BEARER["Authorization"].partition(b" ")[2]},
    {"Authorization": BEARER["Authorization"].partition(b" ")[2]},
    {"Authorization": BEARER["Authorization"] + b"x"},
    {"Authorization": BEARER["Authorization"][:-1]},
]


def names(door: Door, shown: list[dict[str, Any]]) -> list[str]:
    known = {str(need.id): name for name, need in door.needs.items()}
    return [known[need["id"]] for need in shown]


def test_everybody_sees_the_open_needs_that_are_public_or_anonymous(door: Door) -> None:
    page = door.client.get("/v1/needs").json()
    assert set(names(door, page["needs"])) == SHOWN
    assert page["next"] is None


def test_the_token_shows_every_need(door: Door) -> None:
    assert set(names(door, door.operator.get("/v1/needs").json()["needs"])) == set(door.needs)


@pytest.mark.parametrize("name", HIDDEN)
@pytest.mark.parametrize("path", PROBES)
@pytest.mark.parametrize("headers", WRONG)
def test_a_hidden_need_answers_exactly_like_one_that_does_not_exist(
    door: Door, name: str, path: str, headers: dict[str, Any]
) -> None:
    identity, nobody = str(door.needs[name].id), str(new_id())
    for language in ("es", "en"):
        asked = headers | {"Accept-Language": language}
        hidden, missing = (door.client.get(path.format(one), headers=asked) for one in (identity, nobody))
        assert hidden.status_code == missing.status_code == 404
        assert hidden.text == missing.text.replace(nobody, identity)
        told, expected = dict(hidden.headers), dict(missing.headers)
        assert told.pop("x-request-id") != expected.pop("x-request-id")
        assert told == expected


@pytest.mark.parametrize("name", HIDDEN)
def test_the_token_opens_hidden_needs(door: Door, name: str) -> None:
    need = door.needs[name]
    shown = door.operator.get(f"/v1/needs/{need.id}").json()
    assert (shown["title"], shown["owner"], shown["municipality"]) == (need.title, "Curtidos Rivera", "León")
    matches = door.operator.get(f"/v1/needs/{need.id}/matches").json()["matches"]
    assert len(matches) == len(door.offers)


def test_where_no_token_is_set_nobody_holds_it(open_door: Any, tmp_path: Any) -> None:
    with open_door(tmp_path, api_token="") as closed:
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer"}, BEARER):
            assert closed.client.post("/v1/needs", json={}, headers=headers).status_code == 401


def test_a_public_need_is_shown_whole(door: Door) -> None:
    need = door.needs["public"]
    shown = door.client.get(f"/v1/needs/{need.id}").json()
    assert shown["id"] == str(need.id)
    assert shown["description"] == need.description
    assert shown["annex"] == need.annex
    assert shown["publication_date"] == "2026-03-02"
    assert (shown["owner"], shown["reference"]) == ("Curtidos Rivera", "N-public")
    assert (shown["state"], shown["municipality"], shown["region"]) == ("11", "León", "Centro")
    assert (shown["subsectors"], shown["visibility"], shown["status"]) == (["316"], "public", "published")


def test_annexes_are_left_out_of_pages(door: Door) -> None:
    shown = {need["id"]: need for need in door.client.get("/v1/needs").json()["needs"]}
    assert shown[str(door.needs["public"].id)]["annex"] is None


@pytest.mark.parametrize(("language", "company"), [("es", "Empresa anónima"), ("en", "Anonymous company")])
def test_of_an_anonymous_need_only_region_and_subsector_are_shown(door: Door, language: str, company: str) -> None:
    need, headers = door.needs["anonymous"], {"Accept-Language": language}
    single = door.client.get(f"/v1/needs/{need.id}", headers=headers)
    page = door.client.get("/v1/needs", headers=headers).json()["needs"]
    for shown in (single.json(), next(one for one in page if one["id"] == str(need.id))):
        assert shown["owner"] == company
        assert (shown["region"], shown["subsectors"]) == ("Centro", ["316"])
        assert shown["description"] == need.description
        for telling in ("reference", "country", "state", "municipality", "scian", "hs"):
            assert shown[telling] is None
    for telling in ("Rivera", "León", "N-anonymous", "316110", "410411", str(need.organization)):
        assert telling not in single.text


def test_the_token_shows_whose_an_anonymous_need_is(door: Door) -> None:
    shown = door.operator.get(f"/v1/needs/{door.needs['anonymous'].id}").json()
    assert (shown["owner"], shown["municipality"], shown["visibility"]) == ("Curtidos Rivera", "León", "anonymous")
    assert shown["hs"] == ["410411"]


def facts(matches: list[dict[str, Any]], offer: UUID) -> dict[str, str]:
    match = next(match for match in matches if match.get("offer_id") == str(offer))
    return {factor["name"]: factor["value"] for factor in match["factors"]}


def test_a_stored_need_is_matched_with_reasons(door: Door) -> None:
    answer = door.client.get(f"/v1/needs/{door.needs['public'].id}/matches?k=3", headers={"Accept-Language": "en"})
    matches = answer.json()["matches"]
    assert answer.json()["encoder"] == door.installation.encoder.encoder.digest
    assert [match["rank"] for match in matches] == [1, 2, 3]
    assert matches[0]["reference"] == "P-chromium"
    assert [match["score"] for match in matches] == sorted((match["score"] for match in matches), reverse=True)
    assert facts(matches, door.offers["chromium"].id) == {
        "nearness": "same_municipality",
        "sector": "same_branch",
        "readiness": "too_raw",
        "licence": "unknown",
        "legal_state": "in_force",
    }
    assert matches[0]["evidence"]
    assert "same municipality" in {factor["text"] for factor in matches[0]["factors"]}


def test_the_facts_beside_the_matches_of_an_anonymous_need_do_not_tell_where_or_how_large_its_company_is(
    door: Door,
) -> None:
    path = f"/v1/needs/{door.needs['anonymous'].id}/matches"
    veiled = facts(door.client.get(path).json()["matches"], door.offers["chromium"].id)
    assert (veiled["nearness"], veiled["sector"], veiled["readiness"]) == ("unknown", "same_subsector", "unknown")
    unveiled = facts(door.operator.get(path).json()["matches"], door.offers["chromium"].id)
    assert (unveiled["nearness"], unveiled["sector"]) == ("same_municipality", "same_branch")


def test_python_and_the_database_agree_on_which_needs_everybody_sees(any_door: Door) -> None:
    company = make_organization()
    needs = [
        make_need(
            organization=company.id,
            visibility=visibility,
            status=status,
            publication_date=DAY - timedelta(days=age),
            expiration_date=None if rest is None else DAY - timedelta(days=age) + timedelta(days=rest),
        )
        for visibility in Visibility
        for status in NeedStatus
        for age in (-1, 0, 1, 364, 365, 366)
        for rest in (None, 0, 1, 365, 500)
    ]
    with any_door.installation.work() as work:
        work.organizations.add(company)
        work.needs.add(needs)
        work.commit()
    with any_door.installation.database.engine.connect() as connection:
        found = set(connection.execute(select(tables.needs.c.id).where(*visible(DAY))).scalars())
    assert found == {need.id for need in needs if is_visible(need, DAY)}
    assert 0 < len(found) < len(needs)


def walk(door: Door, path: str, limit: int, *, everything: bool = False) -> list[str]:
    """The identities of every entry, page by page."""
    client, seen, after = door.operator if everything else door.client, [], ""
    while True:
        page = client.get(f"{path}?limit={limit}{after}").json()
        entries = page["needs" if "needs" in path else "offers"]
        assert len(entries) <= limit
        seen += [entry["id"] for entry in entries]
        if page["next"] is None:
            return seen
        assert len(entries) == limit
        after = f"&after={page['next']}"


@pytest.mark.parametrize("limit", [1, 2, 5, 6, 100])
def test_pages_hold_every_visible_need_once_and_no_trace_of_the_others(door: Door, limit: int) -> None:
    assert walk(door, "/v1/needs", limit) == sorted(str(door.needs[name].id) for name in SHOWN)
    assert walk(door, "/v1/needs", limit, everything=True) == sorted(str(need.id) for need in door.needs.values())


def test_needs_added_while_the_pages_are_turned_come_last_and_none_is_missed_or_seen_twice(any_door: Door) -> None:
    company = make_organization()
    needs = [make_need(organization=company.id) for _ in range(7)]

    def add(some: list[Any]) -> None:
        with any_door.installation.work() as work:
            if not work.organizations.by_name([company.name]):
                work.organizations.add(company)
            work.needs.add(some)
            work.commit()

    add(needs[:4])
    first = any_door.client.get("/v1/needs?limit=3").json()
    add([needs[4], make_need(organization=company.id, visibility=Visibility.PRIVATE), needs[5]])
    second = any_door.client.get(f"/v1/needs?limit=3&after={first['next']}").json()
    add(needs[6:])
    third = any_door.client.get(f"/v1/needs?limit=3&after={second['next']}").json() if second["next"] else None
    seen = [need["id"] for page in (first, second, third) if page for need in page["needs"]]
    assert seen == [str(need.id) for need in needs[: len(seen)]]
    assert len(seen) >= 6


@pytest.mark.slow
def test_the_sample_world_is_turned_page_by_page(sample_door: Door) -> None:
    everything = walk(sample_door, "/v1/needs", 37, everything=True)
    assert len(everything) == len(set(everything)) == 160
    assert set(walk(sample_door, "/v1/needs", 37)) <= set(everything)
    assert len(walk(sample_door, "/v1/offers", 100)) == 416
