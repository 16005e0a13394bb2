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

# Candidates for each need wanted, when they are to be scored again from the other side.
_CANDIDATES = 2


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


@dataclass(frozen=True, slots=True)
class ScoredNeed:
    """A need near an offer, by identity."""

    need: UUID
    score: float
    probability: float | None


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
        """
        The ``k`` offers nearest to ``text``, best first.

        Args:
            text: the need, of any length; what does not fit the encoder's window is matched passage by passage.
            asker: who asks, for the facts beside each match.
            k: how many.
            allowed: identities of the offers to choose among; all if not given. Offers past their last day are never
                found.
        """
        vectors = self._encode(text)
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            hits = self._indexes.search(ProfileKind.OFFER, vectors, k, self._standing(work, allowed))
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
        """
        The ``k`` open needs nearest to an offer, best first. Private needs are not among them: a
        technology-transfer office is not told of those.
        """
        (nearest,) = self.nearest_needs([offer], k)
        return self.explain_needs(offer, nearest)

    def nearest_needs(self, offers: Sequence[Offer], k: int) -> list[list[ScoredNeed]]:
        """
        For each offer the ``k`` nearest open needs that are not private, best first, without reasons.

        Candidates are found from the offer's side and scored from the need's, so that a pair has one score whichever
        side asks.
        """
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            visible = work.needs.visible_ids(self._clock.today())
        candidates = [self._near(offer, k * _CANDIDATES, visible) for offer in offers]
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            needs = work.needs.get_many({identity for found in candidates for identity in found})
        asked = {identity: self._encode(need.searchable_text(), keep=True) for identity, need in needs.items()}
        nearest = []
        for offer, found in zip(offers, candidates, strict=True):
            scored = [
                ScoredNeed(identity, score, self._probability(score))
                for identity in found
                if (score := self._indexes.score(ProfileKind.OFFER, asked[identity], offer.id)) is not None
            ]
            nearest.append(sorted(scored, key=lambda need: (-need.score, str(need.need)))[:k])
        return nearest

    def explain_needs(self, offer: Offer, nearest: Sequence[ScoredNeed]) -> list[NeedMatch]:
        """Needs found for an offer, with sentences and with the facts that everybody may know. Needs deleted meanwhile
        are left out.
        """
        with UnitOfWork(self._database, self._clock, writes=False) as work:
            needs = work.needs.get_many([scored.need for scored in nearest])
            owners = work.organizations.get_many({need.organization for need in needs.values()})
        found = [(needs[scored.need], scored) for scored in nearest if scored.need in needs]
        texts = [need.searchable_text() for need, _ in found]
        explained = explanation.evidence(self._encoder, offer.searchable_text(), texts)
        return [
            NeedMatch(
                rank=rank,
                need=need,
                owner=owners[need.organization],
                score=scored.score,
                probability=scored.probability,
                factors=factors(Asker.shown(need, owners[need.organization]), offer),
                evidence=_turned(pairs),
            )
            for rank, ((need, scored), pairs) in enumerate(zip(found, explained, strict=True), start=1)
        ]

    def _standing(self, work: UnitOfWork, allowed: Collection[UUID] | None) -> Collection[UUID] | None:
        """The offers to choose among, without those whose last day has passed."""
        expired = work.offers.expired_ids(self._clock.today())
        if not expired:
            return allowed
        return (work.offers.ids() if allowed is None else set(allowed)) - expired

    def _near(self, offer: Offer, k: int, visible: Collection[UUID]) -> list[UUID]:
        hits = self._indexes.search(ProfileKind.NEED, self._encode(offer.searchable_text(), keep=True), k, visible)
        return [UUID(hit.identity) for hit in hits]

    def _encode(self, text: str, *, keep: bool = False) -> Float32:
        """
        Vectors of a text's passages ``(m, d)``, asked as a query. Only stored texts are kept in the cache: what a
        passer-by asks leaves no trace.
        """
        encoder = self._encoder.encoder
        passages = encoder.passages(text)
        return self._encoder.encode(passages, Role.QUERY) if keep else encoder.encode(passages, Role.QUERY)

    def _probability(self, score: float) -> float | None:
        return None if self.calibration is None else self.calibration.probability(score)


def _turned(pairs: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """In a reverse search the offer asks: put each sentence back on its own side."""
    return tuple(Evidence(need=pair.offer, offer=pair.need, similarity=pair.similarity) for pair in pairs)
