"""What needs and offers share: the fields of the Enterprise Europe Network profile."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from matchmaker.domain import rules

TITLE = 256
SUMMARY = 500
DESCRIPTION = 4000
SECTION = 2000
KEYWORDS = 5
ANNEX = 100_000
PLACE = 128
# Lists without a limit of their own in the profile still end somewhere.
ENTRIES = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """
    A posted text about technology, wanted or offered. Lengths are in characters.

    Attributes:
        organization: identity of the organization that posted it.
        reference: the organization's own number for it, unique within the organization.
        title: at most 256; short_summary: at most 500; description: at most 4,000.
        annex: what an office's own text holds beyond the profile's 4,000 characters; searched like the rest.
        technology_keywords, market_keywords: at most five each.
        scian, ipc, cpc, hs: classification codes.
        expiration_date: last day on which it stands, if the organization set one.
        state: INEGI two-digit code in Mexico, a name elsewhere.
    """

    id: UUID = field(default_factory=rules.new_id)
    organization: UUID
    reference: str
    title: str
    short_summary: str = ""
    description: str = ""
    annex: str = ""
    language: str = "es"
    publication_date: date
    expiration_date: date | None = None
    types_of_partnership: tuple[str, ...] = ()
    technology_keywords: tuple[str, ...] = ()
    market_keywords: tuple[str, ...] = ()
    sdg_keywords: tuple[str, ...] = ()
    targeted_countries: tuple[str, ...] = ()
    scian: tuple[str, ...] = ()
    ipc: tuple[str, ...] = ()
    cpc: tuple[str, ...] = ()
    hs: tuple[str, ...] = ()
    country: str = "MX"
    state: str | None = None
    municipality: str | None = None
    expected_role_of_the_partner: str = ""

    def __post_init__(self) -> None:
        rules.text("reference", self.reference, 128, required=True)
        rules.text("title", self.title, TITLE, required=True)
        rules.text("short_summary", self.short_summary, SUMMARY)
        rules.text("description", self.description, DESCRIPTION)
        rules.text("annex", self.annex, ANNEX)
        for name in ("state", "municipality"):
            rules.text(name, getattr(self, name) or "", PLACE)
        for name in ("sdg_keywords", "types_of_partnership", "targeted_countries"):
            rules.keywords(name, getattr(self, name), ENTRIES)
        rules.language("language", self.language)
        rules.keywords("technology_keywords", self.technology_keywords, KEYWORDS)
        rules.keywords("market_keywords", self.market_keywords, KEYWORDS)
        rules.country("country", self.country)
        rules.text("expected_role_of_the_partner", self.expected_role_of_the_partner, SECTION)
        rules.order("expiration_date", self.expiration_date, self.publication_date)
        for name in ("scian", "ipc", "cpc", "hs"):
            rules.codes(name, getattr(self, name))

    def searchable_text(self) -> str:
        """The words that are searched: title, summary, description and annex, each ended like a sentence. A title that
        only repeats the beginning of the description is not said twice.
        """
        repeats = self.description.startswith(self.title.removesuffix("…"))
        return join_sections("" if repeats else self.title, self.short_summary, self.description, self.annex)


def join_sections(*sections: str) -> str:
    """Join texts into one, so that each ends like a sentence; empty ones are left out."""
    bare = [section.strip() for section in sections if section.strip()]
    return " ".join(section if section[-1] in ".!?;:" else f"{section}." for section in bare)
