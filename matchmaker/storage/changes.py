"""The change log (outbox): what the indexes follow, written in the transaction of the change itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection, func, select

from matchmaker.clock import Clock
from matchmaker.storage.tables import changes


class ProfileKind(StrEnum):
    """What a change was made to; each kind has an index of its own."""

    NEED = "need"
    OFFER = "offer"


class Operation(StrEnum):
    """What happened to it."""

    PUT = "put"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the log. Revisions rise in the order of commits."""

    revision: int
    kind: ProfileKind
    entity: UUID
    operation: Operation


class ChangeLog:
    """Appends to the log and reads it."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def append(self, kind: ProfileKind, operation: Operation, entities: Sequence[UUID]) -> None:
        """Record a change of each entity. Writers take turns (see :class:`~matchmaker.storage.database.Database`), so
        that a reader who has seen revision n has seen every smaller one.
        """
        if not entities:
            return
        now = self._clock.now()
        self._connection.execute(
            changes.insert(),
            [
                {"kind": kind.value, "entity": entity, "operation": operation.value, "recorded_at": now}
                for entity in entities
            ],
        )

    def after(self, revision: int, kind: ProfileKind, limit: int) -> list[Change]:
        """The next changes of one kind after ``revision``, oldest first."""
        rows = self._connection.execute(
            select(changes)
            .where(changes.c.revision > revision, changes.c.kind == kind.value)
            .order_by(changes.c.revision)
            .limit(limit)
        )
        return [Change(row.revision, kind, row.entity, Operation(row.operation)) for row in rows]

    def count_after(self, revision: int, kind: ProfileKind) -> int:
        """How many changes of one kind come after ``revision``."""
        query = select(func.count()).where(changes.c.revision > revision, changes.c.kind == kind.value)
        return self._connection.execute(query).scalar_one()

    def entity_at(self, revision: int) -> UUID | None:
        """What was changed by the entry ``revision``, or ``None`` if this log has no such entry."""
        return self._connection.execute(select(changes.c.entity).where(changes.c.revision == revision)).scalar()

    def last_revision(self, kind: ProfileKind) -> int:
        """Revision of the last change of one kind; 0 when there was none."""
        found = self._connection.execute(
            select(func.max(changes.c.revision)).where(changes.c.kind == kind.value)
        ).scalar()
        return found or 0
