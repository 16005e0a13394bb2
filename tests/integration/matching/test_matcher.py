"""Matching and idle assets over the sample world, with the real encoder, on the day the world stands still."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import SecretStr

from evaluation import sample
from matchmaker.abandonment import idle
from matchmaker.abandonment.idle import Flag, FlagKind
from matchmaker.bootstrap import Application, application
from matchmaker.clock import FixedClock
from matchmaker.domain.legal_status import LegalEvent, LegalStatus
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.terms import EventKind, LegalState, LicenceAvailability, Right, Visibility
from matchmaker.matching.facts import NOWHERE, Asker
from matchmaker.settings import Settings
from matchmaker.texts import ENGLISH, SPANISH

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    """The sample world, indexed."""
    settings = Settings(home=tmp_path_factory.mktemp("world"), database_url=SecretStr(""))
    with application(settings, FixedClock(sample.as_of())) as opened:
        sample.load_into(opened)
        opened.indexes.catch_up()
        yield opened


@pytest.fixture(scope="module")
def flags(world: Application) -> list[Flag]:
    """
    What is flagged where half the chance is enough: so that assets of every kind are among them, whichever of the few
    in the sample world the encoder likes best.
    """
    curve = world.matcher.calibration
    assert curve is not None
    world.matcher.calibration = replace(curve, intercept=curve.intercept + 1)
    with world.work(writes=False) as work:
        found = idle.find(world.matcher, work, "MX", sample.as_of())
    world.matcher.calibration = curve
    return found


def test_a_spanish_need_is_answered_by_an_english_offer_with_reasons(world: Application) -> None:
    need, asker = _need(world, "N3-07")

    best, *others = world.matcher.offers_for(need.searchable_text(), asker, 5)

    assert best.offer.reference == "O3-19"
    assert (need.language, best.offer.language) == ("es", "en")
    assert all(match.score <= best.score for match in others)
    assert best.probability is not None
    assert others[0].probability is not None
    assert best.probability > others[0].probability
    assert [factor.name for factor in best.factors] == ["nearness", "sector", "readiness", "licence", "legal_state"]
    assert best.evidence[0].need in need.searchable_text()
    assert best.evidence[0].offer in best.offer.searchable_text()


def test_the_evidence_of_one_match_uses_no_sentence_twice(world: Application) -> None:
    need, asker = _need(world, "N8-15")

    for match in world.matcher.offers_for(need.searchable_text(), asker, 10):
        assert len({pair.need for pair in match.evidence}) == len(match.evidence)
        assert len({pair.offer for pair in match.evidence}) == len(match.evidence)


def test_what_a_long_text_says_at_its_end_is_matched_too(world: Application) -> None:
    need, asker = _need(world, "N3-07")
    filler = " ".join(
        f"Somos una empresa familiar con {number} años en el ramo y buena relación." for number in range(40)
    )

    found = world.matcher.offers_for(f"{filler} {need.searchable_text()}", asker, 200)

    assert len(world.encoder.encoder.passages(filler)) > 1
    assert found[0].score < 1
    assert "O3-19" in [match.offer.reference for match in found]


def test_a_pair_has_one_score_whichever_side_asks(world: Application) -> None:
    need, asker = _need(world, "N3-07")
    forward = world.matcher.offers_for(need.searchable_text(), asker, 1)[0]

    backward = world.matcher.needs_for(forward.offer, 10)

    found = next(match for match in backward if match.need.id == need.id)
    assert found.rank == 1
    assert found.score == pytest.approx(forward.score, abs=2e-3)


def test_private_and_expired_needs_are_in_no_reverse_search(world: Application) -> None:
    rows = {row["reference"]: row for row in sample.rows("needs")}
    hidden = {
        reference
        for reference, row in rows.items()
        if row["visibility"] == "private" or date.fromisoformat(row["publication_date"]) < date(2025, 11, 15)
    }
    with world.work(writes=False) as work:
        offers = work.offers.page(60)

    found = world.matcher.nearest_needs(offers, 200)

    with world.work(writes=False) as work:
        needs = work.needs.get_many({scored.need for scores in found for scored in scores})
    assert len(hidden) > 24
    assert len(needs) == len(rows) - len(hidden)
    assert not hidden & {need.reference for need in needs.values()}


def test_of_an_anonymous_company_only_the_subsector_counts(world: Application) -> None:
    need, full = _need(world, "N1-04")
    assert need.visibility is Visibility.ANONYMOUS
    with world.work(writes=False) as work:
        owner = work.organizations.get(need.organization)

    shown = Asker.shown(need, owner)

    assert full.place != NOWHERE
    assert (shown.place, shown.assimilation_level) == (NOWHERE, None)
    assert shown.scian == ("312",)


def test_an_offer_past_its_last_day_is_not_found(world: Application) -> None:
    need, asker = _need(world, "N3-07")
    with world.work(writes=False) as work:
        offer = work.offers.find("O3-19")[0]
    ended = replace(offer, expiration_date=sample.as_of() - timedelta(days=1))
    _store(world, ended)

    without = world.matcher.offers_for(need.searchable_text(), asker, 3)
    _store(world, offer)
    again = world.matcher.offers_for(need.searchable_text(), asker, 3)

    assert "O3-19" not in [match.offer.reference for match in without]
    assert again[0].offer.reference == "O3-19"


def test_every_flag_has_its_event_and_a_sentence_in_both_languages(flags: list[Flag]) -> None:
    assert {flag.kind for flag in flags} >= {FlagKind.RESCUE, FlagKind.GRACE, FlagKind.LICENSE, FlagKind.FREE}
    for flag in flags:
        assert flag.status.last_event is not None
        assert flag.needs
        assert flag.offer.title in flag.say(SPANISH)
        assert flag.say(SPANISH) != flag.say(ENGLISH)


def test_flags_come_most_urgent_first_and_then_by_demand(flags: list[Flag]) -> None:
    order = [(flag.kind, -flag.expected_needs) for flag in flags]

    assert order == sorted(order)


def test_sums_over_needs_are_shown_for_three_companies_or_more(flags: list[Flag], world: Application) -> None:
    flag = flags[0]
    needs = _three_needs_of(flag, world)

    few = idle.report(replace(flag, needs=needs[:2]), ENGLISH)
    many = idle.report(replace(flag, needs=needs), ENGLISH)

    assert "expected_needs" not in few
    assert "companies" not in few
    assert many["companies"] == 3
    assert many["expected_needs"] == pytest.approx(sum(need.probability or 0 for need in needs), abs=0.01)


def test_nothing_is_flagged_where_no_right_is_on_record(world: Application) -> None:
    with world.work(writes=False) as work:
        assert idle.find(world.matcher, work, "CL", sample.as_of()) == []


def test_without_a_calibration_nothing_is_said_to_fit(world: Application) -> None:
    matcher = world.matcher
    calibration, matcher.calibration = matcher.calibration, None
    with world.work(writes=False) as work:
        found = idle.find(matcher, work, "MX", sample.as_of())
    matcher.calibration = calibration

    assert found == []


@pytest.mark.parametrize(
    ("state", "day", "licence", "kind"),
    [
        (LegalState.LAPSED_RESTORABLE, "2026-11-15", "unknown", FlagKind.RESCUE),
        (LegalState.LAPSED_RESTORABLE, "2026-11-14", "unknown", FlagKind.CHECK),
        (LegalState.IN_GRACE, None, "unknown", FlagKind.GRACE),
        (LegalState.IN_FORCE, None, "available", FlagKind.LICENSE),
        (LegalState.IN_FORCE, None, "unknown", FlagKind.LICENSE),
        (LegalState.IN_FORCE, None, "exclusively_licensed", None),
        (LegalState.IN_FORCE, "2026-11-14", "available", FlagKind.CHECK),
        (LegalState.EXPIRED, None, "unknown", FlagKind.FREE),
        (LegalState.NO_RIGHT_HERE, None, "unknown", FlagKind.FREE),
        (LegalState.PENDING, None, "available", None),
        (LegalState.UNKNOWN, None, "available", None),
    ],
)
def test_what_can_be_done_follows_from_state_day_and_licence(
    state: LegalState, day: str | None, licence: str, kind: FlagKind | None
) -> None:
    until = date.fromisoformat(day) if day else None
    status = LegalStatus(
        jurisdiction="MX",
        right=Right.PATENT,
        state=state,
        grant_date=date(2020, 1, 1),
        restorable_until=until,
        next_due_date=until,
        events=(LegalEvent(date=date(2026, 1, 1), kind=EventKind.OTHER),),
    )

    found = idle._kind(status, Licensing(availability=LicenceAvailability(licence)), sample.as_of())

    assert found is kind


def _need(world: Application, reference: str) -> tuple[Need, Asker]:
    with world.work(writes=False) as work:
        need = work.needs.find(reference)[0]
        return need, Asker.of(need, work.organizations.get(need.organization))


def _store(world: Application, offer: Offer) -> None:
    with world.work() as work:
        work.offers.replace([offer])
        work.commit()
    world.indexes.catch_up()


def _three_needs_of(flag: Flag, world: Application) -> tuple[idle.NeedMatch, ...]:
    found: dict[object, idle.NeedMatch] = {}
    for match in world.matcher.needs_for(flag.offer, 30):
        found.setdefault(match.need.organization, match)
    return tuple(list(found.values())[:3])
