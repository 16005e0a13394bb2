"""Moments are in UTC; days are days in central Mexico."""

from datetime import UTC, date, datetime, timedelta

import pytest

from matchmaker.clock import Clock, FixedClock, SystemClock


class StoppedSystemClock(SystemClock):
    """The system's clock, stopped at a moment."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def test_the_system_clock_says_the_moment_in_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 1, 5, 59, 59, tzinfo=UTC), date(2026, 2, 28)),
        (datetime(2026, 3, 1, 6, 0, tzinfo=UTC), date(2026, 3, 1)),
        (datetime(2026, 7, 1, 5, 30, tzinfo=UTC), date(2026, 6, 30)),  # Mexico gave up summer time in 2022
    ],
)
def test_the_day_changes_at_midnight_in_central_mexico(moment: datetime, day: date) -> None:
    assert StoppedSystemClock(moment).today() == day


def test_a_fixed_clock_stands_at_noon_of_its_day() -> None:
    clock: Clock = FixedClock(date(2026, 3, 2))
    assert clock.today() == date(2026, 3, 2)
    assert clock.now() == datetime(2026, 3, 2, 18, tzinfo=UTC)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.now() == clock.now()
