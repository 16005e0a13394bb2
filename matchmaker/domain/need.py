"""Needs: what a company looks for."""

from dataclasses import dataclass
from datetime import date, timedelta

from matchmaker.domain import rules
from matchmaker.domain.profile import SECTION, Profile, join_sections
from matchmaker.domain.terms import NeedStatus, Visibility

# A profile stands for a year and may be renewed once (Enterprise Europe Network practice).
LIFETIME = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Profile):
    """
    A need, in the words of the company that has it.

    Attributes:
        expiration_date: last day on which it is open; without one, 365 days after publication.
        deadline_for_eoi: last day for an expression of interest, if there is one.
        visibility: public, anonymous (text visible, company not) or private.
    """

    technical_specification_or_expertise_sought: str = ""
    visibility: Visibility = Visibility.PUBLIC
    status: NeedStatus = NeedStatus.PUBLISHED
    deadline_for_eoi: date | None = None

    def __post_init__(self) -> None:
        Profile.__post_init__(self)
        rules.text(
            "technical_specification_or_expertise_sought",
            self.technical_specification_or_expertise_sought,
            SECTION,
        )
        rules.order("deadline_for_eoi", self.deadline_for_eoi, self.publication_date)

    @property
    def last_day(self) -> date:
        """The last day on which the need is open."""
        return last_day(self.publication_date, self.expiration_date)

    def is_open(self, on: date) -> bool:
        """Whether the need is published and not expired on the day ``on``."""
        return self.status is NeedStatus.PUBLISHED and self.publication_date <= on <= self.last_day

    def searchable_text(self) -> str:
        """The words that are searched; the specification counts as much as the description."""
        return join_sections(Profile.searchable_text(self), self.technical_specification_or_expertise_sought)


def last_day(published: date, expires: date | None) -> date:
    """The last day on which a need is open: the one its organization set, or a year after publication."""
    return expires or published + min(LIFETIME, date.max - published)
