"""Facts beside a match: place, sector, readiness, licence and legal state, each as one word and one sentence."""

from dataclasses import dataclass

from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization, readiness_floor
from matchmaker.domain.profile import Profile
from matchmaker.domain.terms import LegalState, Visibility
from matchmaker.knowledge.places import Place, nearness
from matchmaker.knowledge.sectors import relatedness
from matchmaker.texts import Language, say


@dataclass(frozen=True, slots=True)
class Factor:
    """
    A fact about a pair.

    Attributes:
        name: nearness, sector, readiness, licence or legal_state.
        value: one word of the factor's own scale.
        values: what its sentence needs beside the word.
    """

    name: str
    value: str
    values: tuple[tuple[str, object], ...] = ()

    def say(self, language: Language) -> str:
        """The fact in words."""
        group = {"legal_state": "state"}.get(self.name, self.name)
        return say(f"{group}.{self.value}", language, **dict(self.values))


NOWHERE = Place()
# Digits of a subsector's code.
_SUBSECTOR = 3


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as far as it is known: where they are, what they do and what technology they can take up."""

    place: Place = NOWHERE
    scian: tuple[str, ...] = ()
    assimilation_level: int | None = None

    @classmethod
    def of(cls, need: Need, owner: Organization) -> "Asker":
        """The asker behind a stored need."""
        return cls(place_of(need), need.scian or owner.scian, owner.assimilation_level)

    @classmethod
    def shown(cls, need: Need, owner: Organization) -> "Asker":
        """The asker as others may know it. Of an anonymous company only the subsectors count: facts about nearness or
        readiness would let a reader of many offers tell its municipality and its size.
        """
        full = cls.of(need, owner)
        if need.visibility is Visibility.PUBLIC:
            return full
        return cls(scian=tuple(sorted({code[:_SUBSECTOR] for code in full.scian})))


def place_of(profile: Profile) -> Place:
    """Where a need or an offer is."""
    return Place(profile.country, profile.state, profile.municipality)


def factors(asker: Asker, offer: Offer) -> tuple[Factor, ...]:
    """What is known about ``offer`` for ``asker``, in the order of the domain's words."""
    country = asker.place.country or "MX"
    status = offer.legal_status_in(country)
    state = status.state if status else LegalState.UNKNOWN
    licence = offer.licence_in(country)
    near = nearness(asker.place, place_of(offer)).name.lower()
    related = relatedness(asker.scian, offer.scian).name.lower()
    return (
        Factor("nearness", near),
        Factor("sector", related),
        readiness(asker.assimilation_level, offer.trl),
        Factor("licence", licence.availability.value),
        Factor("legal_state", state.value),
    )


def readiness(assimilation_level: int | None, trl: int | None) -> Factor:
    """Whether the company can take up the technology as ready as it is: a fact to show, never a filter."""
    if assimilation_level is None or trl is None:
        return Factor("readiness", "unknown")
    floor = readiness_floor(assimilation_level)
    word = "fits" if trl >= floor else "too_raw"
    return Factor("readiness", word, (("trl", trl), ("floor", floor)))
