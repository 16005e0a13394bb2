"""The one place where the parts are wired together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from matchmaker import settings as settings_module
from matchmaker.clock import Clock, SystemClock
from matchmaker.errors import SettingError
from matchmaker.matching import calibration
from matchmaker.matching.indexing import Indexes
from matchmaker.matching.matcher import Matcher
from matchmaker.settings import Settings
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Encoder, EncoderUnavailable


@dataclass
class Application:
    """An installation at work. Slow parts (the encoder, the indexes) are loaded when first used."""

    settings: Settings
    clock: Clock
    database: Database

    @cached_property
    def encoder(self) -> CachedEncoder:
        """The encoder, remembering the vectors it has made."""
        return CachedEncoder(load_encoder(self.settings), self.settings.home / "embeddings")

    @cached_property
    def indexes(self) -> Indexes:
        """The indexes as they were last saved; :meth:`Indexes.catch_up` brings them up to date."""
        return Indexes(self.database, self.clock, self.encoder, self.settings.home / "index")

    @cached_property
    def matcher(self) -> Matcher:
        """The matcher."""
        encoder = self.encoder
        curve = calibration.load(encoder.encoder.digest, self.settings.home)
        return Matcher(self.database, self.clock, encoder, self.indexes, curve)

    def work(self, *, writes: bool = True) -> UnitOfWork:
        """A transaction."""
        return UnitOfWork(self.database, self.clock, writes=writes)


@contextmanager
def application(settings: Settings | None = None, clock: Clock | None = None) -> Iterator[Application]:
    """
    Open an installation: its folder made, its database at this version's schema.

    Raises:
        SettingError: a setting cannot be used.
    """
    chosen = settings or settings_module.load()
    try:
        chosen.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError("setting.home", reason=error.strerror) from None
    database = Database(chosen.resolved_database_url)
    try:
        database.migrate()
        yield Application(chosen, clock or SystemClock(), database)
    finally:
        database.close()


def load_encoder(settings: Settings) -> Encoder:
    """
    The encoder the settings name.

    Raises:
        SettingError: it cannot be loaded.
    """
    try:
        return Encoder.load(settings.encoder or None)
    except EncoderUnavailable as error:
        raise SettingError("setting.encoder", name=error.name, reason=error.reason) from None
