"""Idle assets in one jurisdiction that fit open needs, each with its evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

from matchmaker.domain.legal_status import LegalStatus
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.terms import LegalState, LicenceAvailability
from matchmaker.matching.calibration import WORTH_A_LOOK
from matchmaker.matching.matcher import Matcher, NeedMatch
from matchmaker.matching.report import need_match
from matchmaker.storage.unit_of_work import UnitOfWork
from matchmaker.texts import Language, say

# Needs looked at for one asset.
_NEEDS = 20
# Sums over needs are shown for this many companies or more, so that none can be told from them.
_SMALLEST_GROUP = 3

_FREE = (
    LegalState.EXPIRED,
    LegalState.LAPSED_FINAL,
    LegalState.WITHDRAWN,
    LegalState.REFUSED,
    LegalState.REVOKED,
    LegalState.NO_RIGHT_HERE,
)
_LICENSABLE = (
    LicenceAvailability.AVAILABLE,
    LicenceAvailability.NON_EXCLUSIVE,
    LicenceAvailability.UNKNOWN,
)


class FlagKind(IntEnum):
    """What can be done, most urgent first."""

    RESCUE = 0
    GRACE = 1
    LICENSE = 2
    FREE = 3
    CHECK = 4


@dataclass(frozen=True, slots=True)
class Flag:
    """An idle asset with the open needs it fits."""

    kind: FlagKind
    offer: Offer
    owner: Organization
    status: LegalStatus
    licensing: Licensing
    needs: tuple[NeedMatch, ...]

    @property
    def expected_needs(self) -> float:
        """Expected number of the shown needs that the asset answers: the sum of their probabilities."""
        return sum(match.probability or 0.0 for match in self.needs)

    @property
    def companies(self) -> int:
        """How many companies stand behind the needs."""
        return len({match.need.organization for match in self.needs})

    def say(self, language: Language) -> str:
        """The flag as a sentence that an office can act on."""
        due = self.status.next_due_date
        told = "license_due" if self.kind is FlagKind.LICENSE and due else self.kind.name.lower()
        return say(
            f"flag.{told}",
            language,
            title=self.offer.title,
            jurisdiction=self.status.jurisdiction,
            until=self.status.restorable_until,
            due=due,
        )


def find(matcher: Matcher, work: UnitOfWork, jurisdiction: str, on: date) -> list[Flag]:
    """
    Every idle asset with a right on record in ``jurisdiction`` that fits an open need, most urgent first and, among
    equals, by the expected number of needs. Private and expired needs play no part. Nothing is found with an encoder
    that has no calibration: fit is a probability, never a mere similarity.
    """
    if matcher.calibration is None:
        return []
    idle = list(_idle(work, jurisdiction, on))
    nearest = matcher.nearest_needs([offer for _, offer, _ in idle], _NEEDS)
    flags = []
    for (kind, offer, status), scored in zip(idle, nearest, strict=True):
        fitting = [need for need in scored if (need.probability or 0.0) >= WORTH_A_LOOK]
        needs = [match for match in matcher.explain_needs(offer, fitting) if match.need.country == jurisdiction]
        if needs:
            owner = work.organizations.get(offer.organization)
            flags.append(Flag(kind, offer, owner, status, offer.licence_in(jurisdiction), tuple(needs)))
    return sorted(flags, key=lambda flag: (flag.kind, -flag.expected_needs, str(flag.offer.id)))


def report(flag: Flag, language: Language) -> dict[str, Any]:
    """A flag as plain JSON, with the event that proves its state and what is known of licences."""
    event = flag.status.last_event
    shown: dict[str, Any] = {
        "flag": flag.kind.name.lower(),
        "text": flag.say(language),
        "offer_id": str(flag.offer.id),
        "reference": flag.offer.reference,
        "title": flag.offer.title,
        "owner": flag.owner.name,
        "jurisdiction": flag.status.jurisdiction,
        "state": flag.status.state.value,
        "evidence": {
            "event": event.kind.value if event else None,
            "date": event.date.isoformat() if event else None,
            "note": event.note if event else "",
            "source": flag.status.source,
            "read_on": flag.status.read_on.isoformat() if flag.status.read_on else None,
        },
        "restorable_until": flag.status.restorable_until.isoformat() if flag.status.restorable_until else None,
        "next_due_date": flag.status.next_due_date.isoformat() if flag.status.next_due_date else None,
        "licence": flag.licensing.availability.value,
        "licence_evidence": flag.licensing.evidence,
        "needs": [need_match(match, language) for match in flag.needs],
        "disclaimer": say("flag.disclaimer", language),
    }
    if flag.companies >= _SMALLEST_GROUP:
        shown["expected_needs"] = round(flag.expected_needs, 2)
        shown["companies"] = flag.companies
    return shown


def _idle(work: UnitOfWork, jurisdiction: str, on: date) -> Iterator[tuple[FlagKind, Offer, LegalStatus]]:
    expired = work.offers.expired_ids(on)
    for offer in work.offers.all():
        if offer.id in expired:
            continue
        status = offer.legal_status_in(jurisdiction)
        if status is not None:
            kind = _kind(status, offer.licence_in(jurisdiction), on)
            if kind is not None:
                yield kind, offer, status


def _kind(status: LegalStatus, licensing: Licensing, on: date) -> FlagKind | None:
    if status.state in _FREE:
        return FlagKind.FREE
    if _is_overtaken(status, on):
        return FlagKind.CHECK
    if status.state is LegalState.LAPSED_RESTORABLE:
        return FlagKind.RESCUE
    if status.state is LegalState.IN_GRACE:
        return FlagKind.GRACE
    if status.state is LegalState.IN_FORCE and licensing.availability in _LICENSABLE:
        return FlagKind.LICENSE
    return None


def _is_overtaken(status: LegalStatus, on: date) -> bool:
    """Whether a day has passed since the state was recorded on which it should have changed: what it is now is not
    known, and is not guessed.
    """
    if status.state is LegalState.LAPSED_RESTORABLE:
        return status.restorable_until is not None and status.restorable_until < on
    return status.state is LegalState.IN_FORCE and status.next_due_date is not None and status.next_due_date < on
