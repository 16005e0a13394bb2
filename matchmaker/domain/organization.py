"""Organizations: companies, technology-transfer offices, chambers and the network."""

from dataclasses import dataclass, field
from uuid import UUID

from matchmaker.domain import rules
from matchmaker.domain.terms import CompanySize, OrganizationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """
    Someone who posts needs or offers.

    Attributes:
        assimilation_level: how a company takes in technology, 1 (uses what it buys) to 5 (own research).
        scian: SCIAN codes of what it does, two to six digits.
        state: INEGI two-digit code in Mexico, a name elsewhere.
    """

    id: UUID = field(default_factory=rules.new_id)
    name: str
    kind: OrganizationKind
    country: str = "MX"
    state: str | None = None
    municipality: str | None = None
    size: CompanySize | None = None
    assimilation_level: int | None = None
    scian: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        rules.text("name", self.name, 256, required=True)
        for name in ("state", "municipality"):
            rules.text(name, getattr(self, name) or "", 128)
        rules.country("country", self.country)
        rules.whole("assimilation_level", self.assimilation_level, 1, 5)
        rules.codes("scian", self.scian)


# The lowest technology readiness level a company of each assimilation level can take up by itself: a level-1 firm
# needs a turn-key product, a level-5 firm can finish a laboratory result (staggered transfer).
_READINESS_FLOOR = {1: 8, 2: 7, 3: 6, 4: 4, 5: 3}


def readiness_floor(assimilation_level: int) -> int:
    """Lowest TRL (1–9) that a company of ``assimilation_level`` (1–5) can take up by itself."""
    return _READINESS_FLOOR[assimilation_level]
