"""One repository for each aggregate."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from matchmaker.clock import Clock
from matchmaker.domain.match import Feedback, Match
from matchmaker.domain.need import Need, last_day
from matchmaker.domain.offer import Licensing, Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import Profile
from matchmaker.domain.terms import NeedStatus, Phase, Visibility
from matchmaker.errors import NotFound
from matchmaker.portions import in_portions
from matchmaker.storage import rows, tables
from matchmaker.storage.changes import ChangeLog, Operation, ProfileKind

# SQLite takes at most 32,766 parameters in a statement.
_MANY = 1_000


T = TypeVar("T", bound=Profile)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is kept about a stored profile: enough to tell whether it changed."""

    id: UUID
    digest: str
    publication_date: date


class Organizations:
    """The organizations."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def add(self, organization: Organization) -> None:
        """Store a new organization."""
        now = self._clock.now()
        self._connection.execute(
            tables.organizations.insert(), {**rows.to_row(organization), "created_at": now, "updated_at": now}
        )

    def replace(self, organization: Organization) -> None:
        """Store an organization over the one with its identity."""
        result = self._connection.execute(
            update(tables.organizations)
            .where(tables.organizations.c.id == organization.id)
            .values(**rows.to_row(organization), updated_at=self._clock.now())
        )
        if result.rowcount == 0:
            raise NotFound("organization", organization.id)

    def get(self, identity: UUID) -> Organization:
        """The organization with this identity."""
        found = self.get_many([identity])
        if not found:
            raise NotFound("organization", identity)
        return found[identity]

    def get_many(self, identities: Collection[UUID]) -> dict[UUID, Organization]:
        """The organizations among ``identities`` that exist, by identity."""
        found = _select_many(self._connection, tables.organizations, "id", identities)
        return {row["id"]: rows.from_row(Organization, row) for row in found}

    def by_name(self, names: Collection[str]) -> dict[str, Organization]:
        """The organizations with these names, by name."""
        found = _select_many(self._connection, tables.organizations, "name", names)
        return {row["name"]: rows.from_row(Organization, row) for row in found}


class Profiles(ABC, Generic[T]):
    """Needs or offers. Every change is recorded in the change log, in the same transaction."""

    def __init__(self, connection: Connection, clock: Clock, log: ChangeLog, kind: ProfileKind) -> None:
        self._connection = connection
        self._clock = clock
        self._log = log
        self._kind = kind
        self._table = tables.needs if kind is ProfileKind.NEED else tables.offers

    def add(self, profiles: Sequence[T]) -> None:
        """Store new profiles."""
        if not profiles:
            return
        now = self._clock.now()
        self._connection.execute(
            self._table.insert(),
            [{**self._row(profile), "created_at": now, "updated_at": now} for profile in profiles],
        )
        self._add_nested(profiles)
        self._log.append(self._kind, Operation.PUT, [profile.id for profile in profiles])

    def replace(self, profiles: Sequence[T]) -> None:
        """Store profiles over those with their identities."""
        now = self._clock.now()
        for profile in profiles:
            result = self._connection.execute(
                update(self._table).where(self._table.c.id == profile.id).values(**self._row(profile), updated_at=now)
            )
            if result.rowcount == 0:
                raise NotFound(self._kind.value, profile.id)
        self._drop_nested([profile.id for profile in profiles])
        self._add_nested(profiles)
        self._log.append(self._kind, Operation.PUT, [profile.id for profile in profiles])

    def remove(self, identity: UUID) -> None:
        """Delete a profile and all that hangs on it."""
        result = self._connection.execute(delete(self._table).where(self._table.c.id == identity))
        if result.rowcount == 0:
            raise NotFound(self._kind.value, identity)
        self._log.append(self._kind, Operation.DROP, [identity])

    def get(self, identity: UUID) -> T:
        """The profile with this identity."""
        found = self.get_many([identity])
        if not found:
            raise NotFound(self._kind.value, identity)
        return found[identity]

    def get_many(self, identities: Collection[UUID]) -> dict[UUID, T]:
        """The profiles among ``identities`` that exist, by identity."""
        found = _select_many(self._connection, self._table, "id", identities)
        return {profile.id: profile for profile in self._load(found)}

    def by_reference(self, organization: UUID, references: Collection[str]) -> dict[str, Stored]:
        """What is stored of an organization's profiles with these references, by reference."""
        table = self._table
        columns = (table.c.id, table.c.reference, table.c.digest, table.c.publication_date)
        stored: dict[str, Stored] = {}
        for part in in_portions(references, _MANY):
            query = select(*columns).where(
                self._table.c.organization == organization, self._table.c.reference.in_(part)
            )
            stored |= {
                row.reference: Stored(row.id, row.digest, row.publication_date)
                for row in self._connection.execute(query)
            }
        return stored

    def find(self, reference: str) -> list[T]:
        """Every organization's profile with this reference."""
        query = select(self._table).where(self._table.c.reference == reference).order_by(self._table.c.id)
        return self._load(self._connection.execute(query).mappings().all())

    def page(self, limit: int, after: UUID | None = None, *conditions: ColumnElement[bool]) -> list[T]:
        """The next ``limit`` profiles in the order of their identities, which is the order they were made in."""
        query = select(self._table).order_by(self._table.c.id).limit(limit)
        if after is not None:
            query = query.where(self._table.c.id > after)
        return self._load(self._connection.execute(query.where(*conditions)).mappings().all())

    def all(self) -> Iterator[T]:
        """Every profile, in portions, in the order of their identities."""
        last: UUID | None = None
        while portion := self.page(_MANY, last):
            yield from portion
            last = portion[-1].id

    def text_digests(self) -> dict[UUID, str]:
        """Identity → digest of the searchable words, of every profile."""
        return {
            row.id: row.text_digest
            for row in self._connection.execute(select(self._table.c.id, self._table.c.text_digest))
        }

    def count(self) -> int:
        """How many there are."""
        return self._connection.execute(select(func.count()).select_from(self._table)).scalar_one()

    def _row(self, profile: T) -> rows.Row:
        return {
            **rows.to_row(profile),
            "digest": rows.digest(profile),
            "text_digest": rows.text_digest(profile),
        }

    @abstractmethod
    def _load(self, found: Sequence[RowMapping]) -> list[T]: ...

    @abstractmethod
    def _add_nested(self, profiles: Sequence[T]) -> None: ...

    @abstractmethod
    def _drop_nested(self, identities: Sequence[UUID]) -> None: ...


class Needs(Profiles[Need]):
    """The needs."""

    def visible_ids(self, on: date) -> set[UUID]:
        """Identities of the needs that offices may be told of: published, not private, not expired on the day."""
        table = tables.needs
        query = select(table.c.id, table.c.publication_date, table.c.expiration_date).where(
            table.c.status == NeedStatus.PUBLISHED.value,
            table.c.visibility != Visibility.PRIVATE.value,
            table.c.publication_date <= on,
        )
        found = self._connection.execute(query)
        return {row.id for row in found if on <= last_day(row.publication_date, row.expiration_date)}

    def _load(self, found: Sequence[RowMapping]) -> list[Need]:
        return [rows.from_row(Need, row) for row in found]

    def _add_nested(self, profiles: Sequence[Need]) -> None:
        """A need is one row."""

    def _drop_nested(self, identities: Sequence[UUID]) -> None:
        """A need is one row."""


class Offers(Profiles[Offer]):
    """The offers, with their legal status and licensing in every jurisdiction."""

    def expired_ids(self, on: date) -> set[UUID]:
        """Identities of the offers whose office set a last day that has passed."""
        query = select(tables.offers.c.id).where(tables.offers.c.expiration_date < on)
        return {row.id for row in self._connection.execute(query)}

    def ids(self) -> set[UUID]:
        """Identities of all offers."""
        return {row.id for row in self._connection.execute(select(tables.offers.c.id))}

    def _load(self, found: Sequence[RowMapping]) -> list[Offer]:
        identities = [row["id"] for row in found]
        states = rows.grouped(_select_many(self._connection, tables.legal_statuses, "offer", identities), "offer")
        licences = rows.grouped(_select_many(self._connection, tables.licensing, "offer", identities), "offer")
        return [
            rows.from_row(
                Offer,
                row,
                legal_status=tuple(map(rows.legal_status, _in_position(states.get(row["id"], [])))),
                licensing=tuple(rows.from_row(Licensing, entry) for entry in _in_position(licences.get(row["id"], []))),
            )
            for row in found
        ]

    def _add_nested(self, profiles: Sequence[Offer]) -> None:
        for table, make in ((tables.legal_statuses, rows.legal_rows), (tables.licensing, rows.licence_rows)):
            nested = [row for offer in profiles for row in make(offer)]
            if nested:
                self._connection.execute(table.insert(), nested)

    def _drop_nested(self, identities: Sequence[UUID]) -> None:
        for table in (tables.legal_statuses, tables.licensing):
            for part in in_portions(identities, _MANY):
                self._connection.execute(delete(table).where(table.c.offer.in_(part)))


class Matches:
    """Matches and what people say of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def propose(self, found: Sequence[Match]) -> None:
        """Store matches; one already known keeps its identity and phase and takes the new score."""
        if not found:
            return
        insert = postgresql_insert if self._connection.dialect.name == "postgresql" else sqlite_insert
        statement = insert(tables.matches)
        renewed = {name: statement.excluded[name] for name in ("score", "probability", "encoder")}
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["need", "offer"], set_=renewed),
            [rows.to_row(match) for match in found],
        )

    def of_need(self, need: UUID) -> list[Match]:
        """The matches of a need, best score first."""
        query = (
            select(tables.matches)
            .where(tables.matches.c.need == need)
            .order_by(tables.matches.c.score.desc(), tables.matches.c.offer)
        )
        return [rows.from_row(Match, row) for row in self._connection.execute(query).mappings()]

    def move(self, identity: UUID, phase: Phase) -> None:
        """Put a match into another phase."""
        result = self._connection.execute(
            update(tables.matches).where(tables.matches.c.id == identity).values(phase=phase.value)
        )
        if result.rowcount == 0:
            raise NotFound("match", identity)

    def say(self, feedback: Feedback) -> None:
        """Keep what somebody says of an offer for a need."""
        self._connection.execute(tables.feedback.insert(), rows.to_row(feedback))

    def said_of(self, need: UUID) -> list[Feedback]:
        """Everything said of offers for a need, oldest first."""
        query = select(tables.feedback).where(tables.feedback.c.need == need).order_by(tables.feedback.c.id)
        return [rows.from_row(Feedback, row) for row in self._connection.execute(query).mappings()]


def _select_many(connection: Connection, table: Table, column: str, values: Collection[Any]) -> list[RowMapping]:
    found: list[RowMapping] = []
    for part in in_portions(values, _MANY):
        found += connection.execute(select(table).where(table.c[column].in_(part))).mappings().all()
    return found


def _in_position(found: list[RowMapping]) -> list[RowMapping]:
    return sorted(found, key=lambda row: int(row["position"]))
