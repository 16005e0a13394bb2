"""Files into the database: what is created, updated and left alone, and to whom it belongs."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from matchmaker.clock import FixedClock
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.terms import OfferKind, OrganizationKind, Visibility
from matchmaker.errors import FileRefused
from matchmaker.portfolios.importing import Outcome, import_file
from matchmaker.portfolios.mapping import Mapping
from matchmaker.storage import tables
from matchmaker.storage.database import Database
from tests.factories import DAY, Begin, make_organization

OWNER = "OTT del Bajío"
LATER = date(2026, 9, 1)

Import = Callable[..., Outcome]


@pytest.fixture
def take(database: Database, tmp_path: Path) -> Import:
    """Imports rows (dictionaries, as JSON Lines) or a text (as CSV), on a day."""

    def take(content: str | list[dict[str, Any]], day: date = DAY, **options: Any) -> Outcome:
        path = tmp_path / "portafolio"
        if isinstance(content, list):
            content = "".join(json.dumps(row) + "\n" for row in content)
        path.write_text(content, encoding="utf-8", newline="")
        return import_file(database, FixedClock(day), path, **{"owner": OWNER, **options})

    return take


@pytest.fixture
def offer(begin: Begin) -> Callable[[str], Offer]:
    """The only stored offer with a reference."""

    def offer(reference: str) -> Offer:
        with begin(writes=False) as work:
            [found] = work.offers.find(reference)
            return found

    return offer


@pytest.fixture
def need(begin: Begin) -> Callable[[str], Need]:
    """The only stored need with a reference."""

    def need(reference: str) -> Need:
        with begin(writes=False) as work:
            [found] = work.needs.find(reference)
            return found

    return need


@pytest.fixture
def organizations(begin: Begin) -> Callable[..., dict[str, Organization]]:
    """The organizations with some names, by name."""

    def organizations(*names: str) -> dict[str, Organization]:
        with begin(writes=False) as work:
            return work.organizations.by_name(names)

    return organizations


def row(reference: str = "P-1", **values: Any) -> dict[str, Any]:
    return {"reference": reference, "title": "Bomba de membrana", "kind": "patent", **values}


def counts(outcome: Outcome) -> dict[str, int]:
    named = ("created", "updated", "unchanged", "rejected", "warnings")
    assert outcome.rows_read == outcome.created + outcome.updated + outcome.unchanged + outcome.rejected
    return {name: number for name in named if (number := getattr(outcome, name))}


def contents(database: Database) -> dict[str, list[Any]]:
    with database.engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)))) for name, table in tables.metadata.tables.items()
        }


class TestRows:
    def test_a_csv_file_with_spanish_headers_becomes_offers(self, take: Import, offer: Callable[[str], Offer]) -> None:
        outcome = take(
            "Clave;Título;Descripción;Tipo;Estado;Palabras clave;Fecha de publicación\n"
            'P-1;Bomba;"Mueve agua;\ny lodo";patent;Jalisco;agua|lodo;2025-11-30\n'
        )

        stored = offer("P-1")
        assert counts(outcome) == {"created": 1}
        assert (stored.title, stored.description) == ("Bomba", "Mueve agua;\ny lodo")
        assert (stored.kind, stored.state, stored.country) == (OfferKind.PATENT, "14", "MX")
        assert stored.technology_keywords == ("agua", "lodo")
        assert stored.publication_date == date(2025, 11, 30)

    def test_a_file_without_rows_is_refused_and_changes_nothing(self, take: Import, database: Database) -> None:
        for content in ("", "reference,title\n", "reference,title\n\n,,\n"):
            with pytest.raises(FileRefused) as refused:
                take(content)
            assert refused.value.key == "file.empty"
        assert not any(contents(database).values())

    def test_one_row_is_enough(self, take: Import) -> None:
        assert counts(take("reference,title,kind\nP-1,Bomba,patent")) == {"created": 1}

    def test_a_missing_column_refuses_the_file_and_changes_nothing(self, take: Import, database: Database) -> None:
        with pytest.raises(FileRefused) as refused:
            take("título,descripción\nBomba,Mueve agua\n")
        assert refused.value.key == "file.column"
        assert not any(contents(database).values())

    def test_a_file_of_needs_becomes_needs_of_companies(
        self, take: Import, need: Callable[[str], Need], organizations: Callable[..., dict[str, Organization]]
    ) -> None:
        outcome = take(
            "referencia,empresa,título,visibilidad,deadline_for_eoi\n"
            "N-1,Curtidos León,Quitar cromo,anonymous,2026-06-30\n",
            mapping=Mapping(defaults={"profile_type": "request"}),
        )

        stored = need("N-1")
        company = organizations("Curtidos León")["Curtidos León"]
        assert counts(outcome) == {"created": 1}
        assert (stored.visibility, stored.deadline_for_eoi) == (Visibility.ANONYMOUS, date(2026, 6, 30))
        assert stored.organization == company.id
        assert company.kind is OrganizationKind.COMPANY

    def test_a_mixed_file_becomes_needs_and_offers(
        self, take: Import, need: Callable[[str], Need], offer: Callable[[str], Offer]
    ) -> None:
        outcome = take(
            "reference,profile_type,title,kind,visibility\n"
            "X-1,offer,Bomba,patent,\n"
            "X-1,request,Quitar cromo,,private\n"
            "X-2,REQUEST,Quitar níquel,,\n"
        )

        assert counts(outcome) == {"created": 3}
        assert offer("X-1").title == "Bomba"
        assert need("X-1").visibility is Visibility.PRIVATE
        assert need("X-2").visibility is Visibility.PUBLIC

    def test_a_long_description_goes_on_in_an_annex_with_a_warning(
        self, take: Import, offer: Callable[[str], Offer]
    ) -> None:
        text = " ".join(f"Retiene el metal número {number}." for number in range(300))

        outcome = take([row(description=text)])
        stored = offer("P-1")
        assert counts(outcome) == {"created": 1, "warnings": 1}
        assert [(problem.row, problem.field, problem.key) for problem in outcome.problems] == [
            (1, "description", "row.description_split")
        ]
        assert f"{stored.description} {stored.annex}" == text
        assert "número 299" in stored.searchable_text()

    def test_progress_tells_of_every_row(self, take: Import, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("matchmaker.portfolios.importing._PORTION", 2)
        told: list[int] = []

        take([row("P-1"), row("P-2", kind="no"), row("P-3")], on_progress=told.append)
        assert told == [2, 1]


class TestAgain:
    def test_rows_seen_before_are_left_alone_unless_they_changed(
        self, take: Import, database: Database, offer: Callable[[str], Offer]
    ) -> None:
        file = [row("P-1", legal_status=[{"jurisdiction": "MX", "right": "patent", "state": "unknown"}]), row("P-2")]
        take(file)
        before, first = contents(database), offer("P-1")

        assert counts(take(file, day=LATER)) == {"unchanged": 2}
        assert contents(database) == before

        changed = [replace_title(file[0], "Bomba doble"), file[1], row("P-3")]
        assert counts(take(changed, day=LATER)) == {"updated": 1, "unchanged": 1, "created": 1}
        assert offer("P-1") == replace(first, title="Bomba doble")

    def test_the_day_of_publication_stays_what_it_was_first(self, take: Import, offer: Callable[[str], Offer]) -> None:
        take([row()])
        take([row(title="Otra bomba")], day=LATER)

        assert offer("P-1").publication_date == DAY

        take([row(publication_date="2026-01-15")], day=LATER)
        assert offer("P-1").publication_date == date(2026, 1, 15)

    def test_what_has_expired_since_is_unchanged_rather_than_rejected(self, take: Import) -> None:
        file = [
            row(expiration_date="2026-06-30"),
            row("N-1", profile_type="request", kind=None, deadline_for_eoi="2026-06-30"),
        ]

        assert counts(take(file)) == {"created": 2}
        assert counts(take(file, day=LATER)) == {"unchanged": 2}

    def test_what_expires_before_it_is_published_is_rejected_and_leaves_no_owner(
        self, take: Import, database: Database
    ) -> None:
        outcome = take([row(expiration_date="2026-03-01"), row("P-2", owner="Otra OTT")])

        [problem] = outcome.problems
        assert counts(outcome) == {"created": 1, "rejected": 1}
        assert (problem.row, problem.field, problem.key) == (1, "expiration_date", "field.order")
        assert len(contents(database)["organizations"]) == 1

    def test_a_changed_row_that_breaks_a_rule_leaves_the_stored_one_alone(
        self, take: Import, offer: Callable[[str], Offer]
    ) -> None:
        take([row()])
        stored = offer("P-1")

        assert counts(take([row(expiration_date="2026-03-01")], day=LATER)) == {"rejected": 1}
        assert offer("P-1") == stored

    def test_the_same_reference_of_another_owner_is_another_offer(self, take: Import) -> None:
        take([row()])

        assert counts(take([row()], owner="Otra OTT")) == {"created": 1}


def replace_title(given: dict[str, Any], title: str) -> dict[str, Any]:
    return {**given, "title": title}


class TestDryRun:
    def test_a_dry_run_counts_and_changes_nothing(
        self, take: Import, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        take([row("P-1"), row("P-2")])
        before = contents(database)
        monkeypatch.setattr("matchmaker.portfolios.importing._PORTION", 2)

        file = [row("P-1"), row("P-2", title="Otra"), row("P-3", owner="Nueva"), row("P-4", owner="Nueva", kind="x")]
        outcome = take([*file, row("P-5", owner="Nueva")], dry_run=True)
        assert counts(outcome) == {"unchanged": 1, "updated": 1, "created": 2, "rejected": 1}
        assert contents(database) == before

    def test_a_dry_run_waits_for_no_writer(
        self, take: Import, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(database, "writer")

        assert counts(take([row()], dry_run=True)) == {"created": 1}

    def test_a_dry_run_says_what_the_import_then_does(self, take: Import) -> None:
        file = [row("P-1"), row("P-1"), row("P-2", state="Jalsico"), row("P-3", telefono="1")]

        trial = take(file, dry_run=True)
        assert trial == take(file)


class TestOwners:
    def test_an_owner_is_registered_once_as_an_office(
        self, take: Import, offer: Callable[[str], Offer], organizations: Callable[..., dict[str, Organization]]
    ) -> None:
        take([row("P-1"), row("P-2")])
        take([row("P-3")])

        registered = organizations(OWNER)[OWNER]
        assert registered.kind is OrganizationKind.TTO
        assert {offer(reference).organization for reference in ("P-1", "P-2", "P-3")} == {registered.id}

    def test_each_row_may_name_its_owner(
        self, take: Import, offer: Callable[[str], Offer], organizations: Callable[..., dict[str, Organization]]
    ) -> None:
        take(
            "reference,title,kind,oficina\nP-1,Bomba,patent,OTT Norte\nP-2,Tamiz,patent, OTT Sur \nP-3,Horno,patent,\n"
        )

        found = organizations("OTT Norte", "OTT Sur", OWNER)
        assert offer("P-1").organization == found["OTT Norte"].id
        assert offer("P-2").organization == found["OTT Sur"].id
        assert offer("P-3").organization == found[OWNER].id

    def test_a_row_without_an_owner_is_rejected_with_the_remedy(self, take: Import) -> None:
        outcome = take([row("P-1"), row("P-2", owner="OTT Norte")], owner=None)

        [problem] = outcome.problems
        assert counts(outcome) == {"created": 1, "rejected": 1}
        assert (problem.row, problem.field, problem.key) == (1, "owner", "field.owner")

    def test_whoever_is_registered_may_post_needs_and_offers_and_stays_what_it_is(
        self, take: Import, begin: Begin, organizations: Callable[..., dict[str, Organization]]
    ) -> None:
        known = {kind.value: make_organization(name=kind.value, kind=kind, state="14") for kind in OrganizationKind}
        with begin() as work:
            for organization in known.values():
                work.organizations.add(organization)
            work.commit()
        offers = [row(f"P-{name}", owner=name) for name in known]
        needs = [row(f"N-{name}", owner=name, kind=None, profile_type="request") for name in known]

        assert counts(take([*offers, *needs])) == {"created": 8}
        assert organizations(*known) == known
        with begin(writes=False) as work:
            posted = {profile.reference: profile.organization for profile in (*work.offers.all(), *work.needs.all())}
        assert posted == {f"{letter}-{name}": known[name].id for letter in "PN" for name in known}

    def test_a_new_owner_of_needs_and_offers_is_what_its_first_row_makes_it(
        self, take: Import, organizations: Callable[..., dict[str, Organization]]
    ) -> None:
        a_need = {"profile_type": "request", "kind": None}

        take(
            [
                row("N-1", owner="A", **a_need),
                row("P-1", owner="A"),
                row("P-2", owner="B"),
                row("N-2", owner="B", **a_need),
            ]
        )
        kinds = {name: found.kind for name, found in organizations("A", "B").items()}
        assert kinds == {"A": OrganizationKind.COMPANY, "B": OrganizationKind.TTO}

    def test_owners_that_cannot_be_stored_reject_their_rows_only(self, take: Import) -> None:
        owners = ["x" * 257, "a\x00b", "a\ud800b"]

        outcome = take([*(row(f"P-{number}", owner=owner) for number, owner in enumerate(owners)), row("P-9")])
        assert counts(outcome) == {"created": 1, "rejected": 3}
        assert {problem.field for problem in outcome.problems} == {"owner"}
