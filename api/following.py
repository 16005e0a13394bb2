"""Keeping the engine ready: loaded once, and in step with what anybody writes to the database."""

import logging
import threading

from matchmaker.bootstrap import Application
from matchmaker.errors import MatchmakerError
from matchmaker.matching.matcher import Matcher

# Seconds between two looks at the change log: how long an import by another process may stay unfound.
EVERY = 5.0

_logger = logging.getLogger("matchmaker.api")


class _Stopped(Exception):
    pass


class Follower:
    """
    Loads the engine and follows the change log in a thread of its own, so that reading never waits for either.

    Attributes:
        matcher: the engine, once it is loaded and its indexes are up to date.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower")
        self.matcher: Matcher | None = None

    def start(self) -> None:
        """Begin to load and to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End after the portion being indexed."""
        self._stop.set()
        self._thread.join()

    def catch_up(self) -> None:
        """Index what is committed. A failure is logged and left to the next attempt: what is stored stays stored."""
        try:
            self._catch_up()
        except _Stopped:
            pass
        except Exception:
            _logger.exception("the indexes could not be brought up to date")

    def _follow(self) -> None:
        while not self._stop.is_set():
            if self.matcher is None:
                self._load()
            else:
                self.catch_up()
            self._stop.wait(EVERY)

    def _load(self) -> None:
        try:
            matcher = self._application.matcher
            self._catch_up()
            self.matcher = matcher
        except _Stopped:
            pass
        except MatchmakerError as error:
            _logger.error("the engine could not be loaded: %s", error)
        except Exception:
            _logger.exception("the engine could not be loaded")

    def _catch_up(self) -> None:
        self._application.indexes.catch_up(self._on_progress)

    def _on_progress(self, _indexed: int) -> None:
        if self._stop.is_set():
            raise _Stopped
