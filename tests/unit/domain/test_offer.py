"""Offers: readiness, licences, legal status by country, and reach."""

from typing import Any

import pytest

from matchmaker.domain.offer import EVERYWHERE, Licensing
from matchmaker.domain.terms import LicenceAvailability, OfferKind, Right, Stage
from tests.factories import make_legal_status, make_offer, rule_broken

AVAILABLE = Licensing(jurisdiction="MX", availability=LicenceAvailability.AVAILABLE)
EXCLUSIVE = Licensing(availability=LicenceAvailability.EXCLUSIVE, evidence="Contrato inscrito")


def make_licensing(**fields: Any) -> Licensing:
    return Licensing(**({"availability": LicenceAvailability.AVAILABLE} | fields))


@pytest.mark.parametrize("field", ["advantages_and_innovation", "ipr_notes"])
def test_a_section_of_2000_characters_is_taken_and_a_longer_one_refused(field: str) -> None:
    assert make_offer(**{field: "x" * 2000})
    assert rule_broken(make_offer, **{field: "x" * 2001}) == (field, "too_long")
    assert rule_broken(make_offer, **{field: "\x00"}) == (field, "control")


@pytest.mark.parametrize(("field", "highest"), [("trl", 9), ("mrl", 10)])
def test_a_readiness_level_starts_at_1_and_has_an_end(field: str, highest: int) -> None:
    for value in (None, 1, highest):
        assert getattr(make_offer(**{field: value}), field) == value
    for value in (-1, 0, highest + 1):
        assert rule_broken(make_offer, **{field: value}) == (field, "range")


@pytest.mark.parametrize(
    ("trl", "stage"),
    [(3, Stage.CONCEPT), (4, Stage.UNDER_DEVELOPMENT), (3, Stage.LAB_TESTED), (9, Stage.DEMONSTRATION)],
)
def test_a_level_that_does_not_fit_the_stage_is_refused(trl: int, stage: Stage) -> None:
    assert rule_broken(make_offer, trl=trl, stage_of_development=stage) == ("trl", "stage")


def test_level_or_stage_may_be_given_alone() -> None:
    assert make_offer(trl=4).stage_of_development is None
    assert make_offer(stage_of_development=Stage.CONCEPT).trl is None


def test_a_right_stands_once_for_each_jurisdiction() -> None:
    mexican = make_legal_status()
    assert rule_broken(make_offer, legal_status=(mexican, mexican)) == ("legal_status", "twice")
    other_right = make_legal_status(right=Right.DESIGN)
    other_country = make_legal_status(jurisdiction="US")
    assert len(make_offer(legal_status=(mexican, other_right, other_country)).legal_status) == 3


def test_licensing_stands_once_for_each_jurisdiction() -> None:
    assert rule_broken(make_offer, licensing=(AVAILABLE, AVAILABLE)) == ("licensing", "twice")
    assert rule_broken(make_offer, licensing=(EXCLUSIVE, EXCLUSIVE)) == ("licensing", "twice")
    assert make_offer(licensing=(AVAILABLE, EXCLUSIVE)).licensing == (AVAILABLE, EXCLUSIVE)


def test_licensing_names_a_country_or_everywhere() -> None:
    assert make_licensing().jurisdiction == EVERYWHERE
    for jurisdiction in ("", "mx", "**", "MEX"):
        assert rule_broken(make_licensing, jurisdiction=jurisdiction) == ("licensing.jurisdiction", "country")


def test_evidence_of_500_characters_is_taken_and_a_longer_one_refused() -> None:
    assert make_licensing(evidence="x" * 500)
    assert rule_broken(make_licensing, evidence="x" * 501) == ("licensing.evidence", "too_long")


def test_silence_about_a_licence_is_unknown() -> None:
    assert make_offer().licence_in("MX").availability is LicenceAvailability.UNKNOWN
    assert make_offer(licensing=(AVAILABLE,)).licence_in("US").availability is LicenceAvailability.UNKNOWN


@pytest.mark.parametrize("licensing", [(AVAILABLE, EXCLUSIVE), (EXCLUSIVE, AVAILABLE)])
def test_what_is_said_of_a_country_comes_before_what_is_said_of_everywhere(
    licensing: tuple[Licensing, ...],
) -> None:
    offer = make_offer(licensing=licensing)
    assert offer.licence_in("MX") is AVAILABLE
    assert offer.licence_in("US") is EXCLUSIVE


def test_nothing_is_concluded_from_another_country() -> None:
    american = make_legal_status(jurisdiction="US")
    offer = make_offer(legal_status=(american,))
    assert offer.legal_status_in("MX") is None
    assert offer.legal_status_in("US") is american
    assert make_offer().legal_status_in("MX") is None


def test_of_several_rights_in_a_country_the_first_given_is_its_status() -> None:
    design, patent = make_legal_status(right=Right.DESIGN), make_legal_status()
    assert make_offer(legal_status=(design, patent)).legal_status_in("MX") is design
    assert make_offer(legal_status=(patent, design)).legal_status_in("MX") is patent


def test_papers_and_programs_travel_and_people_and_plants_do_not() -> None:
    travelling = {kind for kind in OfferKind if make_offer(kind=kind).travels()}
    assert set(OfferKind) - travelling == {OfferKind.CAPABILITY, OfferKind.PLANT_VARIETY}


@pytest.mark.parametrize("kind", OfferKind)
def test_what_the_office_says_of_travelling_comes_first(kind: OfferKind) -> None:
    assert make_offer(kind=kind, deliverable_remotely=True).travels()
    assert not make_offer(kind=kind, deliverable_remotely=False).travels()


def test_notes_on_protection_are_not_searched() -> None:
    offer = make_offer(title="Adsorbente", description="", ipr_notes="Solicitud en trámite")
    assert offer.searchable_text() == "Adsorbente."
