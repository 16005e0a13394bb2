"""Rows to drafts: what is assumed, what is split, what is refused."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.profile import ANNEX, DESCRIPTION, TITLE
from matchmaker.domain.terms import LicenceAvailability, OfferKind
from matchmaker.errors import FieldError
from matchmaker.portfolios.build import Draft, draft
from matchmaker.texts import ENGLISH, SPANISH
from tests.factories import DAY

ROW = {"owner": "OTT del Bajío", "reference": "P-1", "title": "Bomba", "kind": "patent"}
SOMEBODY, SOMETHING = UUID(int=1), UUID(int=2)


def made(**values: Any) -> Draft:
    return draft({**ROW, **values}, None)


def built(**values: Any) -> Need | Offer:
    return made(**values).build(SOMEBODY, None, DAY)


def offered(**values: Any) -> Offer:
    offer = built(**values)
    assert isinstance(offer, Offer)
    return offer


def broken(**values: Any) -> FieldError:
    with pytest.raises(FieldError) as error:
        built(**values)
    for language in (SPANISH, ENGLISH):
        assert error.value.field in error.value.say(language)
    return error.value


def rule(**values: Any) -> tuple[str, str]:
    error = broken(**values)
    return error.field, error.rule


def words(*texts: str) -> list[str]:
    return " ".join(texts).split()


def test_a_row_is_an_offer_unless_it_says_otherwise() -> None:
    assert isinstance(built(), Offer)
    assert isinstance(built(profile_type="offer"), Offer)
    assert isinstance(built(profile_type="Request"), Need)


def test_another_profile_type_is_refused_with_those_there_are() -> None:
    error = broken(profile_type="compra")

    assert (error.field, error.rule) == ("profile_type", "choice")
    assert "offer, request" in error.say(SPANISH)


def test_a_draft_is_tied_to_an_organization_an_identity_and_a_day() -> None:
    profile = made().build(SOMEBODY, SOMETHING, DAY)

    assert (profile.organization, profile.id, profile.publication_date) == (SOMEBODY, SOMETHING, DAY)


def test_a_day_of_publication_in_the_row_counts_before_the_day_of_today() -> None:
    assert built(publication_date="2020-01-31").publication_date == date(2020, 1, 31)


class TestOwner:
    def test_the_owner_of_the_row_counts_before_the_one_given(self) -> None:
        assert draft(ROW, "Otra").owner == "OTT del Bajío"
        assert draft({"reference": "P-1", "title": "Bomba"}, " Otra ").owner == "Otra"

    @pytest.mark.parametrize("owner", [None, "", "  "])
    def test_a_row_without_an_owner_is_told_both_ways_to_name_one(self, owner: str | None) -> None:
        with pytest.raises(FieldError) as error:
            draft({"reference": "P-1", "title": "Bomba"}, owner)
        assert (error.value.field, error.value.rule) == ("owner", "owner")
        assert "--owner" in error.value.say(SPANISH)

    def test_an_owner_must_be_a_name_that_can_be_stored(self) -> None:
        assert made(owner="x" * 256).owner == "x" * 256
        assert rule(owner="x" * 257) == ("owner", "too_long")
        assert rule(owner="a\x00b") == ("owner", "control")
        assert rule(owner="a\ud800b") == ("owner", "control")
        assert rule(owner=["OTT"]) == ("owner", "text")


class TestTitleAndKind:
    def test_a_row_without_a_title_takes_its_first_sentence(self) -> None:
        untitled = made(title=" ", description="Retiene cromo. Se regenera con ácido.")

        assert untitled.title_assumed
        assert untitled.values["title"] == "Retiene cromo."
        assert untitled.values["description"] == "Retiene cromo. Se regenera con ácido."
        assert not made().title_assumed

    def test_a_first_sentence_too_long_for_a_title_is_cut_at_a_word(self) -> None:
        title = made(title="", description="palabra " * 100).values["title"]

        assert len(title) <= TITLE
        assert title == "palabra " * 30 + "palabra…"

    def test_a_row_without_title_and_description_is_refused(self) -> None:
        assert rule(title="") == ("title", "missing")

    def test_an_offer_without_a_kind_is_taken_as_know_how(self) -> None:
        row = {name: value for name, value in ROW.items() if name != "kind"}

        assert draft(row, None).kind_assumed
        assert draft(row, None).values["kind"] is OfferKind.KNOW_HOW
        assert not made().kind_assumed

    def test_a_need_has_no_kind(self) -> None:
        need = made(profile_type="request")

        assert not need.kind_assumed
        assert need.unknown == ("kind",)

    def test_a_reference_is_required(self) -> None:
        assert rule(reference="") == ("reference", "missing")


class TestDescription:
    def test_one_that_fits_stays_whole(self) -> None:
        draft = made(description="x" * DESCRIPTION)

        assert not draft.description_split
        assert "annex" not in draft.values

    def test_one_too_long_is_split_at_a_sentence_and_no_word_is_lost(self) -> None:
        text = "Retiene cromo y níquel en una columna. " * 200

        draft = made(description=text)
        first, rest = draft.values["description"], draft.values["annex"]
        assert draft.description_split
        assert DESCRIPTION - 50 < len(first) <= DESCRIPTION
        assert first.endswith("columna.")
        assert words(first, rest) == words(text)

    @pytest.mark.parametrize("space", [" ", "\t", "\u00a0"])
    def test_one_sentence_too_long_is_split_at_a_word(self, space: str) -> None:
        text = f"cromo{space}y{space}níquel{space}" * 500

        draft = made(description=text)
        first, rest = draft.values["description"], draft.values["annex"]
        assert len(first) <= DESCRIPTION
        assert words(first, rest) == words(text)

    def test_a_single_word_too_long_loses_no_letter(self) -> None:
        draft = made(description="x" * 9_000)

        assert draft.values["description"] + draft.values["annex"] == "x" * 9_000

    @given(st.text(st.sampled_from("ab .\n¿?\t"), max_size=300).map(lambda text: f"inicio {text * 40} fin"))
    def test_no_word_is_lost_however_it_is_written(self, text: str) -> None:
        draft = made(description=text)
        first, rest = draft.values["description"], draft.values.get("annex", "")

        assert draft.description_split == (len(text) > DESCRIPTION)
        assert len(first) <= DESCRIPTION
        assert "".join(first.split()) + "".join(rest.split()) == "".join(text.split())

    def test_one_too_long_beside_an_annex_is_refused(self) -> None:
        assert rule(description="x" * 4_001, annex="más") == ("description", "too_long")

    def test_an_annex_ends_somewhere(self) -> None:
        assert rule(description="x " * (ANNEX // 2 + DESCRIPTION)) == ("annex", "too_long")


class TestState:
    @pytest.mark.parametrize("state", ["Jalisco", "JALISCO", "Jal.", "14", 14])
    def test_a_state_is_stored_by_its_code(self, state: object) -> None:
        assert made(state=state).values["state"] == "14"

    def test_an_unknown_state_is_answered_with_a_suggestion(self) -> None:
        error = broken(state="Jalsico")

        assert (error.field, error.rule) == ("state", "state_near")
        for language in (SPANISH, ENGLISH):
            assert "“Jalsico”" in error.say(language)
            assert "Jalisco?" in error.say(language)

    def test_the_name_of_the_country_is_answered_with_both_states_it_may_mean(self) -> None:
        sentence = broken(state="México").say(SPANISH)

        assert "Estado de México" in sentence
        assert "Ciudad de México" in sentence

    def test_a_state_like_no_other_is_told_how_states_are_written(self) -> None:
        error = broken(state="Zzz")

        assert error.rule == "state"
        assert "INEGI" in error.say(SPANISH)

    def test_a_state_abroad_is_any_name(self) -> None:
        assert made(country="us", state="Texas").values["state"] == "Texas"

    def test_a_very_long_state_is_not_even_looked_up(self) -> None:
        assert rule(state="Jalisco " * 10_000) == ("state", "too_long")


class TestRules:
    @pytest.mark.parametrize(
        ("values", "field", "broken_rule"),
        [
            ({"trl": 7, "stage_of_development": "lab tested"}, "trl", "stage"),
            ({"trl": 12}, "trl", "range"),
            ({"mrl": "0"}, "mrl", "range"),
            ({"technology_keywords": "a;b;c;d;e;f"}, "technology_keywords", "too_many"),
            ({"market_keywords": ["x"] * 6}, "market_keywords", "too_many"),
            ({"country": "México"}, "country", "country"),
            ({"language": "español"}, "language", "language"),
            ({"scian": "31-33"}, "scian", "code_scian"),
            ({"ipc": "agua"}, "ipc", "code_ipc"),
            ({"hs": "842"}, "hs", "code_hs"),
            ({"title": "x" * 257}, "title", "too_long"),
            ({"short_summary": "x" * 501}, "short_summary", "too_long"),
            ({"title": "a\x00b"}, "title", "control"),
            ({"description": "a\ud800b"}, "description", "control"),
            ({"reference": "\udfff"}, "reference", "control"),
            ({"technology_keywords": ["\x00"]}, "technology_keywords", "control"),
            ({"expiration_date": "2026-03-01"}, "expiration_date", "order"),
            ({"publication_date": "2027-01-01", "expiration_date": "2026-12-31"}, "expiration_date", "order"),
            ({"license_availability": "disponible"}, "license_availability", "choice"),
            ({"license_availability": "available", "license_note": "x" * 501}, "license_note", "too_long"),
            ({"license_note": ["x"]}, "license_note", "text"),
        ],
    )
    def test_a_broken_rule_is_named(self, values: dict[str, Any], field: str, broken_rule: str) -> None:
        assert rule(**values) == (field, broken_rule)

    def test_marks_of_writing_direction_are_part_of_a_text(self) -> None:
        assert built(title="\u200fBomba\u202e").title == "\u200fBomba\u202e"

    def test_a_deadline_before_publication_is_refused_for_a_need(self) -> None:
        assert rule(profile_type="request", deadline_for_eoi="2026-03-01") == ("deadline_for_eoi", "order")


class TestLicence:
    def test_a_plain_column_is_the_licence_wherever_nothing_else_is_said(self) -> None:
        offer = offered(license_availability="available", license_note="Ficha 12")

        assert offer.licensing == (Licensing(availability=LicenceAvailability.AVAILABLE, evidence="Ficha 12"),)

    def test_a_note_alone_is_kept_and_leaves_the_licence_unknown(self) -> None:
        offer = offered(license_note="Preguntar a la oficina")

        assert offer.licensing == (
            Licensing(availability=LicenceAvailability.UNKNOWN, evidence="Preguntar a la oficina"),
        )

    def test_a_plain_column_stands_beside_entries_for_jurisdictions(self) -> None:
        offer = offered(
            license_availability="available",
            licensing=[{"jurisdiction": "US", "availability": "exclusively_licensed"}],
        )

        assert [entry.jurisdiction for entry in offer.licensing] == ["US", "*"]

    def test_two_licences_for_everywhere_contradict_each_other(self) -> None:
        assert rule(license_availability="available", licensing=[{"availability": "unknown"}]) == ("licensing", "twice")

    def test_silence_is_unknown(self) -> None:
        assert offered().licensing == ()


def test_unknown_columns_are_listed_and_left_out() -> None:
    draft = made(telefono="33 1234", fax="1", metadata={"x": 1})

    assert draft.unknown == ("fax", "telefono")
    assert "fax" not in draft.values
