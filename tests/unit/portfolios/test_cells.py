"""What a cell or a JSON value may say, field by field, and what is said where it cannot be read."""

import json
from datetime import date
from typing import Any

import pytest

from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.offer import Licensing
from matchmaker.domain.terms import (
    EventKind,
    IprStatus,
    LegalState,
    LicenceAvailability,
    NeedStatus,
    OfferKind,
    Right,
    Stage,
    Visibility,
)
from matchmaker.errors import FieldError
from matchmaker.portfolios import cells
from matchmaker.texts import ENGLISH, SPANISH

UNDECIDED = {"jurisdiction": "MX", "right": "patent", "state": "unknown"}
PENDING = UNDECIDED | {"jurisdiction": "mx", "state": "pending", "events": [{"date": "2024-05-02", "kind": "filing"}]}
DEEP = "[" * 100_000


def refused(field: str, value: object) -> FieldError:
    with pytest.raises(FieldError) as error:
        cells.read(field, value)
    for language in (SPANISH, ENGLISH):
        assert error.value.field in error.value.say(language)
    return error.value


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("title", "  Bomba \n", "Bomba"),
        ("reference", 1207, "1207"),
        ("reference", 12.5, "12.5"),
        ("country", "mx", "MX"),
        ("trl", "7", 7),
        ("trl", 7, 7),
        ("trl", "TRL 7", 7),
        ("trl", "trl7", 7),
        ("mrl", "MRL 10", 10),
        ("trl", "-1", -1),
        ("publication_date", "2026-03-31", date(2026, 3, 31)),
        ("deliverable_remotely", True, True),
        ("deliverable_remotely", "Sí", True),
        ("deliverable_remotely", "si", True),
        ("deliverable_remotely", 1, True),
        ("deliverable_remotely", "NO", False),
        ("deliverable_remotely", "falso", False),
        ("kind", "Utility_Model", OfferKind.UTILITY_MODEL),
        ("stage_of_development", "Lab tested", Stage.LAB_TESTED),
        ("ipr_status", "secret know-how", IprStatus.SECRET),
        ("visibility", " anonymous ", Visibility.ANONYMOUS),
        ("status", "closed", NeedStatus.CLOSED),
        ("technology_keywords", "agua; cromo ;;", ("agua", "cromo")),
        ("technology_keywords", "agua|cromo", ("agua", "cromo")),
        ("technology_keywords", '["agua; sucia", "cromo"]', ("agua; sucia", "cromo")),
        ("technology_keywords", ["agua", " ", "cromo"], ("agua", "cromo")),
        ("scian", [3118, "3119"], ("3118", "3119")),
        ("ipc", "C02F 1/44", ("C02F 1/44",)),
    ],
)
def test_a_value_is_read_as_people_write_it(field: str, value: object, read: object) -> None:
    assert cells.read(field, value) == read


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("title", ["Bomba"], "text"),
        ("title", {"es": "Bomba"}, "text"),
        ("title", True, "text"),
        ("trl", "siete", "number"),
        ("trl", "7.5", "number"),
        ("trl", "1_0", "number"),
        ("trl", "7-8", "number"),
        ("trl", "MRL 7", "number"),
        ("trl", "9" * 5_000, "number"),
        ("trl", [7], "text"),
        ("publication_date", "31/03/2026", "date"),
        ("publication_date", "2026-02-30", "date"),
        ("expiration_date", "marzo", "date"),
        ("deadline_for_eoi", "2026-13-01", "date"),
        ("deliverable_remotely", "quizá", "boolean"),
        ("deliverable_remotely", ["sí"], "text"),
        ("kind", "patente", "choice"),
        ("stage_of_development", "en venta", "choice"),
        ("ipr_status", "concedida", "choice"),
        ("visibility", "secreta", "choice"),
        ("status", "abierta", "choice"),
        ("technology_keywords", {"es": "agua"}, "list"),
        ("technology_keywords", 7, "list"),
        ("technology_keywords", "[agua, cromo]", "json"),
        ("technology_keywords", DEEP, "nested"),
        ("technology_keywords", [["agua"]], "text"),
        ("technology_keywords", [None], "text"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_field_and_rule(field: str, value: object, rule: str) -> None:
    error = refused(field, value)

    assert (error.field, error.rule) == (field, rule)


def test_a_value_outside_a_closed_list_is_told_the_list() -> None:
    for language in (SPANISH, ENGLISH):
        assert "patent, utility_model, design" in refused("kind", "patente").say(language)


def test_a_date_is_told_how_dates_are_written() -> None:
    assert "2026-03-31" in refused("publication_date", "31/03/2026").say(SPANISH)


@pytest.mark.parametrize("value", [json.dumps([PENDING]), [PENDING]])
def test_legal_status_is_read_from_json_and_from_its_text(value: object) -> None:
    event = LegalEvent(date=date(2024, 5, 2), kind=EventKind.FILING)

    assert cells.read("legal_status", value) == (
        LegalStatus(jurisdiction="MX", right=Right.PATENT, state=LegalState.PENDING, events=(event,)),
    )


@pytest.mark.parametrize(
    ("value", "field", "rule"),
    [
        ("concedida", "legal_status", "json"),
        (DEEP, "legal_status", "nested"),
        ('[{"right": ' + "9" * 5_000 + "}]", "legal_status", "digits"),
        (PENDING, "legal_status", "objects"),
        (json.dumps(PENDING), "legal_status", "objects"),
        ('["MX"]', "legal_status", "objects"),
        ("null", "legal_status", "objects"),
        ([], "legal_status", None),
        ([{}], "legal_status.jurisdiction", "missing"),
        ([{"jurisdiction": "MX"}], "legal_status.right", "missing"),
        ([{"jurisdiction": "MX", "right": "patent"}], "legal_status.state", "missing"),
        ([UNDECIDED | {"state": ""}], "legal_status.state", "missing"),
        ([{"country": "MX"}], "legal_status.country", "choice"),
        ([UNDECIDED | {"jurisdiction": "México"}], "legal_status.jurisdiction", "country"),
        ([UNDECIDED | {"right": "trademark"}], "legal_status.right", "choice"),
        ([UNDECIDED | {"state": "viva"}], "legal_status.state", "choice"),
        ([UNDECIDED | {"state": "pending"}], "legal_status.events", "unproven"),
        ([UNDECIDED | {"filing_date": "ayer"}], "legal_status.filing_date", "date"),
        ([UNDECIDED | {"source": ["IMPI"]}], "legal_status.source", "text"),
    ],
)
def test_a_bad_legal_status_is_named_down_to_its_part(value: object, field: str, rule: str | None) -> None:
    if rule is None:
        assert cells.read(field, value) == ()
    else:
        error = refused("legal_status", value)
        assert (error.field, error.rule) == (field, rule)


@pytest.mark.parametrize(
    ("events", "field", "rule"),
    [
        ("sí", "legal_status.events", "json"),
        ({"date": "2024-05-02"}, "legal_status.events", "objects"),
        ([{"date": "2024-05-02"}], "legal_status.events.kind", "missing"),
        ([{"kind": "filing"}], "legal_status.events.date", "missing"),
        ([{"date": "ayer", "kind": "filing"}], "legal_status.events.date", "date"),
        ([{"date": "2024-05-02", "kind": "registro"}], "legal_status.events.kind", "choice"),
        ([{"date": "2024-05-02", "kind": "filing", "code": "PG25"}], "legal_status.events.code", "choice"),
    ],
)
def test_a_bad_event_is_named_down_to_its_part(events: object, field: str, rule: str) -> None:
    error = refused("legal_status", [UNDECIDED | {"events": events}])

    assert (error.field, error.rule) == (field, rule)


def test_an_unknown_part_is_told_the_parts_there_are() -> None:
    assert "application_number" in refused("legal_status", [{"country": "MX"}]).say(SPANISH)


def test_licences_are_read_for_each_jurisdiction() -> None:
    value = [{"jurisdiction": "mx", "availability": "available", "read_on": "2026-01-05"}, {"availability": "unknown"}]

    assert cells.read("licensing", value) == (
        Licensing(jurisdiction="MX", availability=LicenceAvailability.AVAILABLE, read_on=date(2026, 1, 5)),
        Licensing(availability=LicenceAvailability.UNKNOWN),
    )


@pytest.mark.parametrize(
    ("value", "field", "rule"),
    [
        ("disponible", "licensing", "json"),
        ([{"jurisdiction": "MX"}], "licensing.availability", "missing"),
        ([{"availability": "disponible"}], "licensing.availability", "choice"),
        ([{"availability": "available", "jurisdiction": "México"}], "licensing.jurisdiction", "country"),
        ([{"availability": "available", "read_on": "ayer"}], "licensing.read_on", "date"),
        ([{"availability": "available", "evidence": "x" * 501}], "licensing.evidence", "too_long"),
    ],
)
def test_a_bad_licence_is_named_down_to_its_part(value: object, field: str, rule: str) -> None:
    error = refused("licensing", value)

    assert (error.field, error.rule) == (field, rule)


@pytest.mark.parametrize("value", [None, "", " \n", [], {}])
def test_these_values_say_nothing(value: Any) -> None:
    assert cells.empty(value)


@pytest.mark.parametrize("value", [0, False, 0.0, "0", [None], {"a": None}])
def test_these_values_say_something(value: Any) -> None:
    assert not cells.empty(value)
