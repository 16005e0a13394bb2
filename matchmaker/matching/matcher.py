"""The matcher: a need in, its offers out, with reasons; and the reverse."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from index.port import Float32
from matchmaker.clock import Clock
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.matching import explanation
from matchmaker.matching.calibration import Calibration
from matchmaker.matching.explanation import Evidence
from matchmaker.matching.facts import Asker, Factor, factors
from matchmaker.matching.indexing import Indexes
from matchmaker.storage.changes import ProfileKind
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role


@dataclass(frozen=True, slots=True)
class OfferMatch:
    """An offer found for a need. ``rank`` counts from 1."""

    rank: int
    offer: Offer
    owner: Organization
    score: float
    probability: float | None
    factors: tuple[Factor, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class NeedMatch:
    """A need found for an offer. ``rank`` counts from 1."""

    rank: int
    need: Need
    owner: Organization
    score: float
    probability: float | None
    factors: tuple[Factor, ...]
    evidence: tuple[Evidence, ...]


class Matcher:
    """Searches the indexes and says why. Reads the database, writes nothing."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        encoder: CachedEncoder,
        indexes: Indexes,
        calibration: Calibration | None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._encoder = encoder
        self._indexes = indexes
        self.calibration = calibration

    def offers_for(
        self, text: str, asker: Asker, k: int = 10, allowed: Collection[UUID] | None = None
    ) -> list[OfferMatch]:
        """The ``k`` offers nearest to ``text``, best first.

        Args:
            text: the need, of any length; what does not fit the encoder's window is matched passage by passage.
            asker: who asks, for the facts beside each match.
            k: how many.
            allowed: identities of the offers to choose among; all if not given.
        """
        hits = self._indexes.search(ProfileKind.OFFER, self._encode(text), k, allowed)
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            offers = work.offers.get_many([UUID(hit.identity) for hit in hits])
            owners = work.organizations.get_many({offer.organization for offer in offers.values()})
        found = [(offers[UUID(hit.identity)], hit.score) for hit in hits if UUID(hit.identity) in offers]
        explained = explanation.evidence(self._encoder, text, [offer.searchable_text() for offer, _ in found])
        return [
            OfferMatch(
                rank=rank,
                offer=offer,
                owner=owners[offer.organization],
                score=score,
                probability=self._probability(score),
                factors=factors(asker, offer),
                evidence=pairs,
            )
            for rank, ((offer, score), pairs) in enumerate(zip(found, explained, strict=True), start=1)
        ]

    def needs_for(self, offer: Offer, k: int = 10) -> list[NeedMatch]:
        """The ``k`` open needs nearest to an offer, best first. Private needs are not among them: a
        technology-transfer office is not told of those."""
        text = offer.searchable_text()
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            visible = work.needs.visible_ids(self._clock.today())
            hits = self._indexes.search(ProfileKind.NEED, self._encode(text), k, visible)
            needs = work.needs.get_many([UUID(hit.identity) for hit in hits])
            owners = work.organizations.get_many({need.organization for need in needs.values()})
        found = [(needs[UUID(hit.identity)], hit.score) for hit in hits if UUID(hit.identity) in needs]
        explained = explanation.evidence(self._encoder, text, [need.searchable_text() for need, _ in found])
        return [
            NeedMatch(
                rank=rank,
                need=need,
                owner=owners[need.organization],
                score=score,
                probability=self._probability(score),
                factors=factors(Asker.of(need, owners[need.organization]), offer),
                evidence=_turned(pairs),
            )
            for rank, ((need, score), pairs) in enumerate(zip(found, explained, strict=True), start=1)
        ]

    def _encode(self, text: str) -> Float32:
        encoder = self._encoder.encoder
        return encoder.encode(encoder.passages(text), Role.QUERY)

    def _probability(self, score: float) -> float | None:
        return None if self.calibration is None else self.calibration.probability(score)


def _turned(pairs: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """In a reverse search the offer asks: put each sentence back on its own side."""
    return tuple(Evidence(need=pair.offer, offer=pair.need, similarity=pair.similarity) for pair in pairs)
