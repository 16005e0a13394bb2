"""Legal status: what proves a state, and what a state needs."""

from datetime import date, timedelta
from typing import Any

import pytest

from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.terms import EventKind, LegalState, Right
from tests.factories import make_legal_status, rule_broken

FILED, GRANTED, LAPSED = date(2015, 6, 1), date(2019, 2, 8), date(2025, 6, 1)


def event(day: date, kind: EventKind = EventKind.OTHER) -> LegalEvent:
    return LegalEvent(date=day, kind=kind)


def in_state(state: LegalState, **fields: Any) -> LegalStatus:
    return make_legal_status(state=state, **({"restorable_until": date(2026, 1, 1)} | fields))


@pytest.mark.parametrize("jurisdiction", ["", "mx", "MEX", "*", "EPO"])
def test_a_jurisdiction_has_two_capital_letters(jurisdiction: str) -> None:
    refused = rule_broken(make_legal_status, jurisdiction=jurisdiction)
    assert refused == ("legal_status.jurisdiction", "country")
    assert make_legal_status(jurisdiction="EP").jurisdiction == "EP"


@pytest.mark.parametrize("state", [state for state in LegalState if state is not LegalState.UNKNOWN])
def test_every_state_but_unknown_needs_the_event_that_proves_it(state: LegalState) -> None:
    assert rule_broken(in_state, state=state, events=()) == ("legal_status.events", "unproven")
    assert in_state(state).state is state


def test_an_unknown_state_needs_no_proof() -> None:
    status = LegalStatus(jurisdiction="MX", right=Right.PATENT, state=LegalState.UNKNOWN)
    assert status.last_event is None


@pytest.mark.parametrize("state", [LegalState.IN_FORCE, LegalState.IN_GRACE])
def test_a_right_in_force_or_in_grace_was_granted_on_a_day(state: LegalState) -> None:
    assert rule_broken(in_state, state=state, grant_date=None) == ("legal_status.grant_date", "missing")


def test_a_pending_right_has_no_grant_date() -> None:
    assert in_state(LegalState.PENDING, grant_date=None).grant_date is None


def test_a_restorable_right_says_until_when() -> None:
    refused = rule_broken(in_state, state=LegalState.LAPSED_RESTORABLE, restorable_until=None)
    assert refused == ("legal_status.restorable_until", "missing")
    assert in_state(LegalState.LAPSED_FINAL, restorable_until=None).restorable_until is None


def test_a_grant_does_not_come_before_the_filing() -> None:
    assert make_legal_status(filing_date=FILED, grant_date=FILED).grant_date == FILED
    refused = rule_broken(make_legal_status, filing_date=FILED, grant_date=FILED - timedelta(days=1))
    assert refused == ("legal_status.grant_date", "order")


def test_a_note_of_500_characters_is_taken_and_a_longer_one_refused() -> None:
    def noted(note: str) -> LegalEvent:
        return LegalEvent(date=GRANTED, kind=EventKind.OTHER, note=note)

    assert noted("x" * 500)
    assert rule_broken(noted, note="x" * 501) == ("legal_status.events.note", "too_long")


@pytest.mark.parametrize(("field", "longest"), [("application_number", 64), ("grant_number", 64), ("source", 256)])
def test_a_number_or_source_of_the_greatest_length_is_taken_and_a_longer_one_refused(field: str, longest: int) -> None:
    assert make_legal_status(**{field: "x" * longest})
    refused = rule_broken(make_legal_status, **{field: "x" * (longest + 1)})
    assert refused == (f"legal_status.{field}", "too_long")
    assert rule_broken(make_legal_status, **{field: "MX\x001"}) == (f"legal_status.{field}", "control")


def test_the_last_event_is_the_latest_whatever_the_order_given() -> None:
    filed, granted, lapsed = event(FILED), event(GRANTED), event(LAPSED, EventKind.LAPSE)
    for events in ((filed, granted, lapsed), (lapsed, granted, filed), (granted, lapsed, filed)):
        assert make_legal_status(events=events).last_event is lapsed


def test_only_pending_rights_and_rights_in_force_or_grace_keep_others_out() -> None:
    monopolies = {state for state in LegalState if in_state(state).is_monopoly()}
    assert monopolies == {LegalState.PENDING, LegalState.IN_FORCE, LegalState.IN_GRACE}
