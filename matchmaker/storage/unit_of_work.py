"""One transaction over all repositories: everything in it is stored, or nothing."""

from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from matchmaker.clock import Clock
from matchmaker.storage.changes import ChangeLog, ProfileKind
from matchmaker.storage.database import Database
from matchmaker.storage.repositories import Matches, Needs, Offers, Organizations


class UnitOfWork:
    """
    A transaction, entered with ``with``; without :meth:`commit` it leaves no trace.

    Example:
        >>> with UnitOfWork(database, clock) as work:
        ...     work.offers.add([offer])
        ...     work.commit()
    """

    organizations: Organizations
    needs: Needs
    offers: Offers
    matches: Matches
    changes: ChangeLog

    def __init__(self, database: Database, clock: Clock, *, writes: bool = True) -> None:
        self._engine = database.writer if writes else database.engine
        self._clock = clock
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        connection = self._connection = self._engine.connect()
        self.changes = ChangeLog(connection, self._clock)
        self.organizations = Organizations(connection, self._clock)
        self.needs = Needs(connection, self._clock, self.changes, ProfileKind.NEED)
        self.offers = Offers(connection, self._clock, self.changes, ProfileKind.OFFER)
        self.matches = Matches(connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close()  # rolls back what was not committed
            self._connection = None

    def commit(self) -> None:
        """Store everything done so far, for good."""
        assert self._connection is not None, "the unit of work is not entered"
        self._connection.commit()
