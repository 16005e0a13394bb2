"""Importing a file: good rows go in, bad rows wait with their problem named, nothing is half-written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from matchmaker.clock import Clock
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import DESCRIPTION
from matchmaker.domain.terms import OrganizationKind
from matchmaker.errors import FieldError, FileRefused
from matchmaker.portfolios import readers
from matchmaker.portfolios.build import DEFAULT_KIND, OFFER, REQUEST, Draft, draft
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.problems import Problem, visible
from matchmaker.portfolios.readers import Format, Row
from matchmaker.portions import in_portions
from matchmaker.storage import rows
from matchmaker.storage.database import Database
from matchmaker.storage.repositories import Stored
from matchmaker.storage.unit_of_work import UnitOfWork

# Rows of one transaction: a crash loses at most these, and sending the file again brings them.
_PORTION = 500

_NOBODY = UUID(int=0)


@dataclass(slots=True)
class Outcome:
    """What an import did. ``rows_read`` = created + updated + unchanged + rejected."""

    rows_read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def warnings(self) -> int:
        """How many things were noticed in rows that were taken all the same."""
        return sum(not problem.fatal for problem in self.problems)

    def reject(self, problem: Problem) -> None:
        """Count a row that is left out."""
        self.rejected += 1
        self.problems.append(problem)


@dataclass(frozen=True, slots=True)
class _Checked:
    row: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Changes:
    """Profiles of one type to be stored: new ones, and those that differ from what is stored."""

    fresh: list[Need | Offer] = field(default_factory=list)
    changed: list[Need | Offer] = field(default_factory=list)


def import_file(
    database: Database,
    clock: Clock,
    path: Path,
    *,
    format: Format = Format.AUTO,  # noqa: A002
    owner: str | None = None,
    mapping: Mapping | None = None,
    dry_run: bool = False,
    on_progress: Callable[[int], None] | None = None,
) -> Outcome:
    """
    Take the rows of a file into the database; the indexes follow by themselves.

    A row is known by its owner and reference: a row seen before is updated if it changed and left alone if not.

    Args:
        database: where rows are stored.
        clock: what day it is.
        path: a CSV or JSON Lines file of offers (``profile_type`` offer, the default) and needs (``request``).
        format: how the file is written.
        owner: name of the organization for rows that name none; it is registered if it is new.
        mapping: column names and defaults.
        dry_run: check everything, change nothing.
        on_progress: told of the rows finished since the last call.

    Raises:
        FileRefused: the file as a whole cannot be used; nothing was changed.
    """
    outcome = Outcome()
    today = clock.today()
    noted: set[str] = set()
    checked = _check(readers.read(path, format, mapping or Mapping()), owner, outcome)
    for portion in in_portions(checked, _PORTION):
        good = [item for item in portion if item is not None]
        with UnitOfWork(database, clock, writes=not dry_run) as work:
            owners = _Owners(work, good)
            changes = _compare(work, good, owners, today, outcome, noted)
            if not dry_run:
                _store(work, owners, changes)
                work.commit()
        if on_progress:
            on_progress(len(portion))
    if not outcome.rows_read:
        raise FileRefused("file.empty", file=visible(path.name))
    outcome.problems.sort(key=lambda problem: (problem.row, not problem.fatal))
    return outcome


def _check(found: Iterator[Row], owner: str | None, outcome: Outcome) -> Iterator[_Checked | None]:
    """Each row checked by itself, or ``None`` where it was rejected."""
    first_seen: dict[tuple[str, str, str], int] = {}
    for row in found:
        outcome.rows_read += 1
        try:
            if row.problem is not None:
                outcome.reject(row.problem)
                yield None
                continue
            made = draft(row.values, owner)
            # Built once with stand-ins, so that every rule but those on the day of publication is checked here.
            made.build(_NOBODY, None, date.min)
            first = first_seen.setdefault((made.profile_type, made.owner, made.reference), row.number)
            if first != row.number:
                raise FieldError("reference", "duplicate", value=made.reference, first=first)
            yield _Checked(row.number, made)
        except FieldError as error:
            outcome.reject(Problem.of(row.number, error))
            yield None


class _Owners:
    """The organizations of some rows; new ones are an office where they offer something and a company elsewhere."""

    def __init__(self, work: UnitOfWork, good: list[_Checked]) -> None:
        posts = {item.draft.owner: item.draft.profile_type for item in reversed(good)}
        self._known = work.organizations.by_name(list(posts))
        self._new = {
            name: Organization(
                name=name, kind=OrganizationKind.COMPANY if profile_type == REQUEST else OrganizationKind.TTO
            )
            for name, profile_type in posts.items()
            if name not in self._known
        }

    def __getitem__(self, name: str) -> UUID:
        return (self._known.get(name) or self._new[name]).id

    def register(self, work: UnitOfWork, posting: set[UUID]) -> None:
        """Store the new ones that post something."""
        for organization in self._new.values():
            if organization.id in posting:
                work.organizations.add(organization)


def _compare(
    work: UnitOfWork, good: list[_Checked], owners: _Owners, today: date, outcome: Outcome, noted: set[str]
) -> dict[str, _Changes]:
    """What is new and what differs from what is stored, by type of profile."""
    changes = {OFFER: _Changes(), REQUEST: _Changes()}
    known = _stored(work, good, owners)
    for item in good:
        made, organization = item.draft, owners[item.draft.owner]
        stored = known.get((made.profile_type, organization, made.reference))
        try:
            profile = _built(made, organization, stored, today)
        except FieldError as error:
            outcome.reject(Problem.of(item.row, error))
            continue
        outcome.problems += _warnings(item.row, made, noted)
        if stored is None:
            outcome.created += 1
            changes[made.profile_type].fresh.append(profile)
        elif stored.digest != rows.digest(profile):
            outcome.updated += 1
            changes[made.profile_type].changed.append(profile)
        else:
            outcome.unchanged += 1
    return changes


def _stored(work: UnitOfWork, good: list[_Checked], owners: _Owners) -> dict[tuple[str, UUID, str], Stored]:
    references: dict[tuple[str, UUID], list[str]] = {}
    for item in good:
        references.setdefault((item.draft.profile_type, owners[item.draft.owner]), []).append(item.draft.reference)
    return {
        (profile_type, organization, reference): known
        for (profile_type, organization), wanted in references.items()
        for reference, known in _repository(work, profile_type).by_reference(organization, wanted).items()
    }


def _built(made: Draft, organization: UUID, stored: Stored | None, today: date) -> Need | Offer:
    """The profile; one that is stored keeps its identity and, where the row names none, its day of publication."""
    if stored is None:
        return made.build(organization, None, today)
    return made.build(organization, stored.id, stored.publication_date)


def _warnings(row: int, made: Draft, noted: set[str]) -> list[Problem]:
    """What to tell of a row that is taken. What concerns the whole file is said once, at the first row showing it."""
    found = [Problem(row, name, "row.unknown_column", {"field": name}, fatal=False) for name in made.unknown]
    if made.kind_assumed:
        found.append(Problem(row, "kind", "row.kind_assumed", {"kind": DEFAULT_KIND.value}, fatal=False))
    if made.title_assumed:
        found.append(Problem(row, "title", "row.title_assumed", fatal=False))
    fresh = [problem for problem in found if f"{problem.key} {problem.field}" not in noted]
    noted.update(f"{problem.key} {problem.field}" for problem in fresh)
    if made.description_split:
        fresh.append(Problem(row, "description", "row.description_split", {"longest": DESCRIPTION}, fatal=False))
    return fresh


def _store(work: UnitOfWork, owners: _Owners, changes: dict[str, _Changes]) -> None:
    owners.register(work, {profile.organization for change in changes.values() for profile in change.fresh})
    for profile_type, change in changes.items():
        repository = _repository(work, profile_type)
        repository.add(change.fresh)
        repository.replace(change.changed)


def _repository(work: UnitOfWork, profile_type: str) -> Any:
    return work.needs if profile_type == REQUEST else work.offers
