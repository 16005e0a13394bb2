"""The one place that knows what time it is."""

from datetime import UTC, date, datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

# Days of expiry and deadlines are days in central Mexico; moments are stored in UTC.
CIVIL_ZONE = ZoneInfo("America/Mexico_City")


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        ...

    def today(self) -> date:
        """The civil day in central Mexico."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The civil day in central Mexico."""
        return self.now().astimezone(CIVIL_ZONE).date()


class FixedClock:
    """A clock that stands still at noon of a day: for the sample world, whose legal states hold on one day only."""

    def __init__(self, day: date) -> None:
        self._day = day

    def now(self) -> datetime:
        """Noon of the day in central Mexico, in UTC."""
        return datetime.combine(self._day, time(12), CIVIL_ZONE).astimezone(UTC)

    def today(self) -> date:
        """The day."""
        return self._day
