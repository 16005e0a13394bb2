"""Offers: what a technology-transfer office has to give."""

from dataclasses import dataclass
from datetime import date

from matchmaker.domain import rules
from matchmaker.domain.legal_status import LegalStatus
from matchmaker.domain.profile import SECTION, Profile, join_sections
from matchmaker.domain.terms import STAGE_TRL, IprStatus, LicenceAvailability, OfferKind, Stage
from matchmaker.errors import FieldError

EVERYWHERE = "*"

# Kinds that reach a company over any distance unless the office says otherwise.
_TRAVELS = (
    OfferKind.SOFTWARE,
    OfferKind.PATENT,
    OfferKind.UTILITY_MODEL,
    OfferKind.DESIGN,
    OfferKind.KNOW_HOW,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Licensing:
    """Whether a licence can be had in a jurisdiction (``*``: wherever nothing else is said), with its evidence."""

    jurisdiction: str = EVERYWHERE
    availability: LicenceAvailability
    evidence: str = ""
    read_on: date | None = None

    def __post_init__(self) -> None:
        if self.jurisdiction != EVERYWHERE:
            rules.country("licensing.jurisdiction", self.jurisdiction)
        rules.text("licensing.evidence", self.evidence, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Profile):
    """
    A patent, utility model, design, plant variety, software, know-how or capability on offer.

    Attributes:
        trl: technology readiness level, 1–9; agrees with ``stage_of_development`` where both are given.
        mrl: manufacturing readiness level, 1–10.
        deliverable_remotely: whether it works without anyone travelling.
        legal_status: one entry for each jurisdiction and right.
        licensing: one entry for each jurisdiction; none means unknown.
    """

    kind: OfferKind
    advantages_and_innovation: str = ""
    stage_of_development: Stage | None = None
    trl: int | None = None
    mrl: int | None = None
    ipr_status: IprStatus | None = None
    ipr_notes: str = ""
    deliverable_remotely: bool | None = None
    legal_status: tuple[LegalStatus, ...] = ()
    licensing: tuple[Licensing, ...] = ()

    def __post_init__(self) -> None:
        Profile.__post_init__(self)
        for name in ("advantages_and_innovation", "ipr_notes"):
            rules.text(name, getattr(self, name), SECTION)
        rules.whole("trl", self.trl, 1, 9)
        rules.whole("mrl", self.mrl, 1, 10)
        if self.trl is not None and self.stage_of_development is not None:
            low, high = STAGE_TRL[self.stage_of_development]
            if not low <= self.trl <= high:
                raise FieldError("trl", "stage", value=self.trl, stage=self.stage_of_development, low=low, high=high)
        _unique("legal_status", [(entry.jurisdiction, entry.right.value) for entry in self.legal_status])
        _unique("licensing", [(entry.jurisdiction,) for entry in self.licensing])

    def searchable_text(self) -> str:
        """The words that are searched; the advantages say what the thing is good for."""
        return join_sections(Profile.searchable_text(self), self.advantages_and_innovation)

    def licence_in(self, jurisdiction: str) -> Licensing:
        """What is known of licences in ``jurisdiction``; silence is unknown."""
        for wanted in (jurisdiction, EVERYWHERE):
            for entry in self.licensing:
                if entry.jurisdiction == wanted:
                    return entry
        return Licensing(availability=LicenceAvailability.UNKNOWN)

    def legal_status_in(self, jurisdiction: str) -> LegalStatus | None:
        """The status in ``jurisdiction``, or ``None``: nothing is concluded from another country."""
        return next((entry for entry in self.legal_status if entry.jurisdiction == jurisdiction), None)

    def travels(self) -> bool:
        """Whether distance matters little: the office says so, or the kind of thing does."""
        return self.kind in _TRAVELS if self.deliverable_remotely is None else self.deliverable_remotely


def _unique(field: str, keys: list[tuple[str, ...]]) -> None:
    for key in keys:
        if keys.count(key) > 1:
            raise FieldError(field, "twice", value=" ".join(key))
