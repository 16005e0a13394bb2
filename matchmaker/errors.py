"""
The errors of the product.

    MatchmakerError
    ├── FieldError        a value breaks a rule: which field, what was given, what to do
    ├── NotFound          no such need, offer or organization
    ├── FileRefused       a whole file cannot be read: which file, where, what to do
    ├── SettingError      a setting has a value that cannot be used
    └── Unavailable       something this command needs is not installed or not there

Every error carries a key of :mod:`matchmaker.texts` and the values for it, so that it can be said in Spanish and in
English; ``str(error)`` is the English sentence.
"""

from matchmaker.texts import ENGLISH, Language, say


class MatchmakerError(Exception):
    """Anything the product can explain to the person in front of it."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(say(key, ENGLISH, **values))
        self.key = key
        self.values = values

    def say(self, language: Language) -> str:
        """The error as a sentence in ``language``."""
        return say(self.key, language, **self.values)


class FieldError(MatchmakerError):
    """
    A value breaks a rule of the domain.

    Attributes:
        field: name of the field, as in the file or the API.
        key: the rule that was broken, ``field.<rule>`` in the texts; its sentence says what to do.
    """

    def __init__(self, field: str, rule: str, **values: object) -> None:
        super().__init__(f"field.{rule}", field=field, **values)
        self.field = field
        self.rule = rule


class NotFound(MatchmakerError):
    """No such thing, or not visible to whoever asks."""

    def __init__(self, kind: str, identity: object) -> None:
        super().__init__(f"not_found.{kind}", identity=identity)


class FileRefused(MatchmakerError):
    """A file that cannot be used as a whole."""


class SettingError(MatchmakerError):
    """A ``MATCHMAKER_*`` setting that cannot be used."""


class Unavailable(MatchmakerError):
    """A part this operation needs is missing."""
