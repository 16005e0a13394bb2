"""Opening the installation for a command, and turning errors into exits."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from matchmaker import settings as settings_module
from matchmaker.bootstrap import Application, application
from matchmaker.cli.output import fail, preferred_language, progress
from matchmaker.clock import Clock
from matchmaker.errors import MatchmakerError, SettingError
from matchmaker.settings import Settings
from matchmaker.texts import Language, say


@contextmanager
def reported(*, as_json: bool) -> Iterator[Language]:
    """Say an error of the product in the reader's language and leave with exit code 1."""
    language = preferred_language()
    try:
        yield language
    except MatchmakerError as error:
        fail(error, language, as_json=as_json)
    except OperationalError as error:
        # Not the whole message: it may quote the address with its password.
        reason = str(error.orig).strip().splitlines()[0]
        fail(SettingError("setting.database", reason=reason), language, as_json=as_json)
    except OSError as error:
        told = MatchmakerError("file.system", file=error.filename or "", reason=error.strerror or str(error))
        fail(told, language, as_json=as_json)


@contextmanager
def opened(
    *, as_json: bool, clock: Clock | None = None, settings: Settings | None = None
) -> Iterator[tuple[Application, Language]]:
    """An open installation and the reader's language."""
    with (
        reported(as_json=as_json) as language,
        application(settings or settings_module.load(), clock) as opened_application,
    ):
        yield opened_application, language


def catch_up(opened_application: Application, language: Language) -> int:
    """Bring the indexes up to date, with progress; heals whatever an interrupted run left behind."""
    indexes = opened_application.indexes
    pending = indexes.pending()
    with progress(say("cli.import.indexing", language), pending) as advance:
        return indexes.catch_up(advance)
