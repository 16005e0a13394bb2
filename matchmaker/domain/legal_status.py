"""Legal status: one state for each jurisdiction, with the events that prove it."""

from dataclasses import dataclass
from datetime import date

from matchmaker.domain import rules
from matchmaker.domain.terms import EventKind, LegalState, Right
from matchmaker.errors import FieldError

# States a right can be in only after it was granted.
_GRANTED = (LegalState.IN_FORCE, LegalState.IN_GRACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEvent:
    """Something that happened to a right on a day."""

    date: date
    kind: EventKind
    note: str = ""

    def __post_init__(self) -> None:
        rules.text("legal_status.events.note", self.note, 500)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalStatus:
    """
    State of a right in one jurisdiction, never concluded from another.

    Attributes:
        jurisdiction: country (ISO 3166-1), ``EP`` or ``WO``.
        state: as the source has it; every state but ``unknown`` carries the event that proves it.
        next_due_date: day the next fee is due, if known.
        restorable_until: last day to restore a lapsed right, if known.
        source: where the facts were read, and ``read_on`` when.
    """

    jurisdiction: str
    right: Right
    state: LegalState
    application_number: str | None = None
    grant_number: str | None = None
    filing_date: date | None = None
    grant_date: date | None = None
    next_due_date: date | None = None
    restorable_until: date | None = None
    events: tuple[LegalEvent, ...] = ()
    source: str = ""
    read_on: date | None = None

    def __post_init__(self) -> None:
        rules.country("legal_status.jurisdiction", self.jurisdiction)
        for name, longest in (("application_number", 64), ("grant_number", 64), ("source", 256)):
            rules.text(f"legal_status.{name}", getattr(self, name) or "", longest)
        rules.order("legal_status.grant_date", self.grant_date, self.filing_date)
        if self.state is not LegalState.UNKNOWN and not self.events:
            raise FieldError("legal_status.events", "unproven", state=self.state, jurisdiction=self.jurisdiction)
        if self.state in _GRANTED and self.grant_date is None:
            raise FieldError("legal_status.grant_date", "missing")
        if self.state is LegalState.LAPSED_RESTORABLE and self.restorable_until is None:
            raise FieldError("legal_status.restorable_until", "missing")

    @property
    def last_event(self) -> LegalEvent | None:
        """The latest event, which proves the state."""
        return max(self.events, key=lambda event: event.date, default=None)

    def is_monopoly(self) -> bool:
        """Whether others are kept out here, or may be once it is decided."""
        return self.state in (LegalState.PENDING, *_GRANTED)
