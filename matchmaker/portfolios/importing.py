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
from matchmaker.portfolios.build import DEFAULT_KIND, REQUEST, Draft, draft
from matchmaker.portfolios.mapping import Mapping
from matchmaker.portfolios.problems import Problem
from matchmaker.portfolios.readers import Format, Row
from matchmaker.portions import in_portions
from matchmaker.storage import rows
from matchmaker.storage.database import Database
from matchmaker.storage.repositories import Stored
from matchmaker.storage.unit_of_work import UnitOfWork

# Rows of one transaction: a crash loses at most these, and sending the file again brings them.
_PORTION = 500


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


@dataclass(frozen=True, slots=True)
class _Checked:
    row: int
    draft: Draft


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
    checked = _check(readers.read(path, format, mapping or Mapping()), owner, today, outcome)
    for portion in in_portions(checked, _PORTION):
        good = [item for item in portion if item is not None]
        with UnitOfWork(database, clock, writes=not dry_run) as work:
            _store(work, good, outcome, today, dry_run=dry_run)
            if not dry_run:
                work.commit()
        if on_progress:
            on_progress(len(portion))
    if not outcome.rows_read:
        raise FileRefused("file.empty", file=path.name)
    outcome.problems.sort(key=lambda problem: (problem.row, not problem.fatal))
    return outcome


def _check(found: Iterator[Row], owner: str | None, today: date, outcome: Outcome) -> Iterator[_Checked | None]:
    """Each row checked, or ``None`` where it was rejected; problems go into the outcome."""
    first_seen: dict[tuple[str, str, str], int] = {}
    noted: set[str] = set()
    for row in found:
        outcome.rows_read += 1
        try:
            if row.problem is not None:
                _reject(outcome, row.problem)
                yield None
                continue
            made = draft(row.values, owner)
            # Built once with stand-ins, so that every rule is checked before anything is stored.
            made.build(_NOBODY, None, today)
            key = (made.profile_type, made.owner, made.reference)
            if key in first_seen:
                raise FieldError("reference", "duplicate", value=made.reference, first=first_seen[key])
            first_seen[key] = row.number
            outcome.problems += _warnings(row.number, made, noted)
            yield _Checked(row.number, made)
        except FieldError as error:
            _reject(outcome, Problem.of(row.number, error))
            yield None


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


def _reject(outcome: Outcome, problem: Problem) -> None:
    outcome.rejected += 1
    outcome.problems.append(problem)


def _store(work: UnitOfWork, good: list[_Checked], outcome: Outcome, today: date, *, dry_run: bool) -> None:
    owners = _owners(work, good, dry_run=dry_run)
    for is_need in (False, True):
        repository: Any = work.needs if is_need else work.offers
        mine = [item for item in good if (item.draft.profile_type == REQUEST) is is_need]
        stored = _stored(repository, mine, owners)
        fresh: list[Need | Offer] = []
        changed: list[Need | Offer] = []
        unchanged = 0
        for item in mine:
            organization = owners[item.draft.owner].id
            known = stored.get((organization, item.draft.reference))
            try:
                published = known.publication_date if known else today
                profile = item.draft.build(organization, known.id if known else None, published)
            except FieldError as error:
                _reject(outcome, Problem.of(item.row, error))
                continue
            if known is None:
                fresh.append(profile)
            elif known.digest != rows.digest(profile):
                changed.append(profile)
            else:
                unchanged += 1
        outcome.created += len(fresh)
        outcome.updated += len(changed)
        outcome.unchanged += unchanged
        if not dry_run:
            repository.add(fresh)
            repository.replace(changed)


def _stored(repository: Any, mine: list[_Checked], owners: dict[str, Organization]) -> dict[tuple[UUID, str], Stored]:
    references: dict[str, list[str]] = {}
    for item in mine:
        references.setdefault(item.draft.owner, []).append(item.draft.reference)
    return {
        (owners[name].id, reference): known
        for name, wanted in references.items()
        for reference, known in repository.by_reference(owners[name].id, wanted).items()
    }


def _owners(work: UnitOfWork, good: list[_Checked], *, dry_run: bool) -> dict[str, Organization]:
    """The organizations of the rows, registering those that are new: an office for offers, a company for needs."""
    kinds = {item.draft.owner: item.draft.profile_type for item in reversed(good)}
    owners = work.organizations.by_name(list(kinds))
    for name, profile_type in kinds.items():
        if name not in owners:
            kind = OrganizationKind.COMPANY if profile_type == REQUEST else OrganizationKind.TTO
            owners[name] = Organization(name=name, kind=kind)
            if not dry_run:
                work.organizations.add(owners[name])
    return owners


_NOBODY = UUID(int=0)
