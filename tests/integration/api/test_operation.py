"""Health, readiness, metrics, and keeping up with other writers."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from api import following
from api.app import create_app
from matchmaker.bootstrap import application
from matchmaker.clock import FixedClock
from matchmaker.settings import Settings
from matchmaker.storage.changes import ProfileKind
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role
from tests.factories import DAY, make_offer, make_organization
from tests.integration.api.conftest import Door, Open, until

ENGLISH = {"Accept-Language": "en"}


def value(text: str, sample: str) -> float | None:
    """The value of a sample in Prometheus's text; ``None`` where it is not told."""
    found = re.search(f"^{re.escape(sample)} (.+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def test_a_process_that_answers_lives(door: Door) -> None:
    answer = door.client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_an_installation_with_database_and_engine_is_ready(door: Door) -> None:
    answer = door.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_before_the_engine_is_loaded_it_lives_but_is_not_ready_and_nothing_that_searches_is(tmp_path: Path) -> None:
    with application(Settings(home=tmp_path, database_url=""), FixedClock(DAY)) as installation:
        client = TestClient(create_app(installation), headers=ENGLISH)  # not entered, so nothing is loaded
        assert client.get("/healthz").status_code == 200
        assert client.get("/metrics").status_code == 200
        assert client.get("/v1/needs").status_code == 200
        for answer in (client.get("/readyz"), client.post("/v1/matches", json={"text": "agua"})):
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["retry-after"]
            assert answer.json()["detail"].startswith("the search engine is still starting")


def test_an_encoder_that_cannot_be_loaded_is_named_in_the_log_and_not_to_whoever_asks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    settings = Settings(home=tmp_path / "home", database_url="", encoder=str(nowhere))
    with application(settings, FixedClock(DAY)) as installation, TestClient(create_app(installation)) as client:
        until(lambda: str(nowhere) in caplog.text)
        answer = client.get("/readyz", headers=ENGLISH)
    assert answer.status_code == 503
    assert "nowhere" not in answer.text
    assert {record.levelno for record in caplog.records if record.name == "matchmaker.api"} == {logging.ERROR}


def test_without_its_database_it_is_not_ready(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError("refused"))

    monkeypatch.setattr(fresh_door.installation.database, "schema_revision", refuse)
    answer = fresh_door.client.get("/readyz", headers=ENGLISH)
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the database cannot be reached"
    assert "refused" not in answer.text


def test_requests_are_counted_and_timed_by_route_template_method_and_status(fresh_door: Door) -> None:
    offer = "0198c0de-0000-7000-8000-000000000000"
    for _ in range(3):
        fresh_door.client.get(f"/v1/offers/{offer}")
    fresh_door.client.get("/nothing/here")
    fresh_door.client.request("BREW", "/healthz")
    told = fresh_door.client.get("/metrics")
    text = told.text
    assert told.headers["content-type"].startswith("text/plain; version=")
    route = 'method="GET",route="/v1/offers/{identity}"'
    assert value(text, f'matchmaker_http_requests_total{{{route},status="404"}}') == 3
    assert value(text, f"matchmaker_http_request_seconds_count{{{route}}}") == 3
    seconds = value(text, f"matchmaker_http_request_seconds_sum{{{route}}}")
    assert seconds is not None
    assert 0 < seconds < 60
    assert value(text, 'matchmaker_http_requests_total{method="GET",route="unmatched",status="404"}') == 1
    assert value(text, 'matchmaker_http_requests_total{method="OTHER",route="/healthz",status="405"}') == 1
    assert offer not in text
    assert "nothing/here" not in text
    assert "BREW" not in text


def test_a_refused_body_and_a_failure_are_counted_too(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError

    monkeypatch.setattr(fresh_door.installation.database, "schema_revision", fail)
    assert fresh_door.client.get("/readyz").status_code == 500
    assert fresh_door.client.post("/v1/matches", content=b" " * 1_000_001).status_code == 413
    text = fresh_door.client.get("/metrics").text
    assert value(text, 'matchmaker_http_requests_total{method="GET",route="/readyz",status="500"}') == 1
    assert value(text, 'matchmaker_http_requests_total{method="POST",route="unmatched",status="413"}') == 1


def test_no_count_that_everybody_sees_tells_of_hidden_needs(door: Door) -> None:
    public, all_of_it = door.client.get("/metrics").text, door.operator.get("/metrics").text
    for text in (public, all_of_it):
        assert value(text, "matchmaker_open_needs") == 5
        assert value(text, "matchmaker_indexed_offers") == len(door.offers)
    assert value(public, "matchmaker_indexed_needs") is None
    assert value(public, "matchmaker_pending_changes") is None
    assert value(all_of_it, "matchmaker_indexed_needs") == len(door.needs)
    assert value(all_of_it, "matchmaker_pending_changes") == 0


def store_offer(door: Door) -> str:
    office = make_organization()
    offer = make_offer(organization=office.id)
    with door.installation.work() as work:
        work.organizations.add(office)
        work.offers.add([offer])
        work.commit()
    return str(offer.id)


def test_what_another_process_stores_is_found_by_itself(
    open_door: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "EVERY", 0.05)
    with open_door(tmp_path) as door:
        identity = store_offer(door)

        def is_found() -> bool:
            matches = door.client.post("/v1/matches", json={"text": "cáscara de nuez"}).json()["matches"]
            return [match["offer_id"] for match in matches] == [identity]

        until(is_found)


def test_an_index_that_cannot_follow_leaves_the_engine_serving_and_its_backlog_told(
    open_door: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_on_progress: object) -> int:
        raise OSError("disk full")

    with open_door(tmp_path) as door:
        monkeypatch.setattr(door.installation.indexes, "catch_up", fail)
        store_offer(door)
        door.app.state.service.follower.catch_up()
        assert value(door.operator.get("/metrics").text, "matchmaker_pending_changes") == 1
        assert door.client.get("/readyz").status_code == 200
        assert door.client.post("/v1/matches", json={"text": "agua"}).json()["matches"] == []
        assert "disk full" in caplog.text
        monkeypatch.undo()
        door.app.state.service.follower.catch_up()
        assert value(door.operator.get("/metrics").text, "matchmaker_pending_changes") == 0
        assert door.installation.indexes.size(ProfileKind.OFFER) == 1


def test_searching_does_not_wait_for_what_is_being_indexed(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    store_offer(fresh_door)
    fresh_door.app.state.service.follower.catch_up()
    encode, begun, go_on = CachedEncoder.encode, Event(), Event()

    def wait(self: CachedEncoder, texts: list[str], role: Role) -> Any:
        if any("bagazo" in text for text in texts):
            begun.set()
            assert go_on.wait(60)
        return encode(self, texts, role)

    monkeypatch.setattr(CachedEncoder, "encode", wait)
    offer = {"owner": "Universidad", "reference": "P-1", "title": "Adsorbente de bagazo"}
    with ThreadPoolExecutor() as pool:
        posted = pool.submit(fresh_door.operator.post, "/v1/offers", json=offer)
        assert begun.wait(60)
        try:
            found = pool.submit(fresh_door.client.post, "/v1/matches", json={"text": "adsorbente"}).result(timeout=30)
            measured = pool.submit(fresh_door.operator.get, "/metrics").result(timeout=30)
            waited = posted.done()
        finally:
            go_on.set()
    assert not waited
    assert len(found.json()["matches"]) == 1
    assert value(measured.text, "matchmaker_pending_changes") == 1
    assert posted.result().status_code == 201
