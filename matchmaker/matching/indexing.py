"""Keeping the indexes in step with the database."""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from index.documents import DocumentHit, DocumentIndex, IndexedDocument
from index.port import Float32
from matchmaker.clock import Clock
from matchmaker.domain.profile import Profile
from matchmaker.portions import in_portions
from matchmaker.storage.changes import Operation, ProfileKind
from matchmaker.storage.database import Database
from matchmaker.storage.rows import text_digest
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role

Progress = Callable[[int], None]

# Changes taken from the log at a time; memory and the loss at a crash stay small.
_PORTION = 500
# Documents indexed between two saves of a long catch-up. Vectors are kept by the encoder's cache, so that a crash
# costs the time to read them back, not the time to compute them.
_SAVE_EVERY = 10_000


@dataclass(frozen=True, slots=True)
class Difference:
    """
    How an index differs from the database.

    Attributes:
        missing: in the database only; extra: in the index only; stale: indexed with other words.
        revision: of the index; behind: the database's revision for this kind, when it is ahead of the index.
        problem: why the index files could not be used, if so.
    """

    kind: ProfileKind
    missing: int
    extra: int
    stale: int
    revision: int
    database_revision: int
    problem: str | None

    @property
    def agrees(self) -> bool:
        """Whether index and database hold the same."""
        return not (self.missing or self.extra or self.stale or self.problem)


class Indexes:
    """
    The index of needs and the index of offers, following the database's change log.

    Safe to share between threads of a process; several processes may follow the same database, each with indexes in
    memory of its own, and whichever saves last with the highest revision is what the next one starts from.
    """

    def __init__(self, database: Database, clock: Clock, encoder: CachedEncoder, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self._encoder = encoder
        self._folder = folder
        # One thread follows at a time; searches wait only while vectors are put in, not while they are computed.
        self._following = threading.RLock()
        self._lock = threading.Lock()
        self._indexes = {kind: self._open(kind) for kind in ProfileKind}

    def catch_up(self, on_progress: Progress | None = None) -> int:
        """Index every committed change not yet indexed, and save. Returns how many profiles were touched."""
        with self._following:
            return sum(self._catch_up(kind, on_progress) for kind in ProfileKind)

    def rebuild(self, on_progress: Progress | None = None) -> dict[ProfileKind, int]:
        """Build both indexes anew from the database, and save. Returns how many profiles each holds."""
        with self._following:
            for kind in ProfileKind:
                self._rebuild(kind, on_progress)
            return {kind: len(index) for kind, index in self._indexes.items()}

    def pending(self) -> int:
        """How many entries of the change log are not indexed yet."""
        with self._reading() as work:
            return sum(work.changes.count_after(index.revision, kind) for kind, index in self._indexes.items())

    def search(
        self, kind: ProfileKind, vectors: Float32, k: int, allowed: Collection[UUID] | None = None
    ) -> list[DocumentHit]:
        """The ``k`` best profiles of a kind for a text given by its passages' vectors ``(m, d)``."""
        names = None if allowed is None else [str(identity) for identity in allowed]
        with self._lock:
            return self._indexes[kind].search(vectors, k, names)

    def score(self, kind: ProfileKind, vectors: Float32, identity: UUID) -> float | None:
        """How well one profile answers a text, as :meth:`search` scores it; ``None`` if it is not indexed."""
        with self._lock:
            return self._indexes[kind].score(vectors, str(identity))

    def size(self, kind: ProfileKind) -> int:
        """How many profiles of a kind are indexed."""
        return len(self._indexes[kind])

    def compare(self) -> list[Difference]:
        """Compare each index with the database, profile by profile."""
        with self._following, self._reading() as work:
            stored = {
                ProfileKind.NEED: work.needs.text_digests(),
                ProfileKind.OFFER: work.offers.text_digests(),
            }
            return [
                self._difference(kind, {str(key): value for key, value in stored[kind].items()}, work)
                for kind in ProfileKind
            ]

    def _difference(self, kind: ProfileKind, stored: dict[str, str], work: UnitOfWork) -> Difference:
        index = self._indexes[kind]
        indexed = index.digests
        return Difference(
            kind,
            missing=len(stored.keys() - indexed.keys()),
            extra=len(indexed.keys() - stored.keys()),
            stale=sum(indexed[key] != stored[key] for key in stored.keys() & indexed.keys()),
            revision=index.revision,
            database_revision=work.changes.last_revision(kind),
            problem=index.problem,
        )

    def _open(self, kind: ProfileKind) -> DocumentIndex:
        inner = self._encoder.encoder
        return DocumentIndex.open(self._folder / kind.value, inner.digest, inner.dimension)

    def _catch_up(self, kind: ProfileKind, on_progress: Progress | None) -> int:
        index = self._indexes[kind]
        if not self._follows(index):
            return self._rebuild(kind, on_progress)
        touched, unsaved = 0, 0
        while True:
            with self._reading() as work:
                changes = work.changes.after(index.revision, kind, _PORTION)
                if not changes:
                    break
                last = {change.entity: change.operation for change in changes}
                wanted = [entity for entity, operation in last.items() if operation is Operation.PUT]
                profiles = self._profiles(work, kind, wanted)
            documents = self._documents(list(profiles.values()))
            with self._lock:
                index.drop([str(entity) for entity in last if entity not in profiles])
                index.put(documents)
                index.revision, index.anchor = changes[-1].revision, str(changes[-1].entity)
            if on_progress:
                on_progress(len(changes))
            touched += len(last)
            unsaved += len(last)
            if unsaved >= _SAVE_EVERY:
                index.save()
                unsaved = 0
        if unsaved:
            index.save()
        return touched

    def _follows(self, index: DocumentIndex) -> bool:
        """Whether the index was made from this database: a database that was restored or replaced tells another story
        at the same revision.
        """
        if index.revision == 0:
            return False
        with self._reading() as work:
            return str(work.changes.entity_at(index.revision)) == index.anchor

    def _rebuild(self, kind: ProfileKind, on_progress: Progress | None) -> int:
        inner = self._encoder.encoder
        index = DocumentIndex(self._folder / kind.value, inner.digest, inner.dimension)
        with self._reading() as work:
            # Read before the rows: what is committed in between is indexed now and, harmlessly, once more later.
            revision = work.changes.last_revision(kind)
            anchor = str(work.changes.entity_at(revision))
            repository = work.needs if kind is ProfileKind.NEED else work.offers
            for portion in in_portions(repository.all(), _PORTION):
                index.put(self._documents(portion))
                if on_progress:
                    on_progress(len(portion))
        index.revision, index.anchor = revision, anchor
        with self._lock:
            self._indexes[kind] = index
        if revision or (self._folder / kind.value).exists():
            index.save(anew=True)
        return len(index)

    def _documents(self, profiles: Sequence[Profile]) -> list[IndexedDocument]:
        encoder = self._encoder.encoder
        passages = [encoder.passages(profile.searchable_text()) for profile in profiles]
        vectors = self._encoder.encode([passage for own in passages for passage in own], Role.PASSAGE)
        documents, at = [], 0
        for profile, own in zip(profiles, passages, strict=True):
            documents.append(IndexedDocument(str(profile.id), text_digest(profile), vectors[at : at + len(own)]))
            at += len(own)
        return documents

    def _profiles(self, work: UnitOfWork, kind: ProfileKind, wanted: Collection[UUID]) -> dict[UUID, Profile]:
        if kind is ProfileKind.NEED:
            return dict(work.needs.get_many(wanted))
        return dict(work.offers.get_many(wanted))

    def _reading(self) -> UnitOfWork:
        return UnitOfWork(self._database, self._clock, writes=False)
