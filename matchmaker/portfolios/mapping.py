"""From an office's column names to our fields."""

import re
import unicodedata
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matchmaker.errors import FieldError, FileRefused
from matchmaker.portfolios import json_text
from matchmaker.portfolios.build import KNOWN
from matchmaker.portfolios.cells import empty
from matchmaker.portfolios.problems import visible

# Other names under which the fields arrive: Spanish headers, and the names of retrieval collections.
_ALIASES = {
    "_id": "reference",
    "id": "reference",
    "text": "description",
    "referencia": "reference",
    "clave": "reference",
    "titulo": "title",
    "resumen": "short_summary",
    "descripcion": "description",
    "ventajas": "advantages_and_innovation",
    "idioma": "language",
    "tipo": "kind",
    "etapa": "stage_of_development",
    "estado": "state",
    "municipio": "municipality",
    "pais": "country",
    "oficina": "owner",
    "ott": "owner",
    "titular": "owner",
    "empresa": "owner",
    "licencia": "license_availability",
    "palabras_clave": "technology_keywords",
    "fecha_de_publicacion": "publication_date",
    "visibilidad": "visibility",
}
_REQUIRED = ("reference", "title")
# Characters of a header that a refusal repeats.
_HEADER_SHOWN = 400


@dataclass(frozen=True, slots=True)
class Mapping:
    """How columns are read: ``columns`` from their name to our field, ``defaults`` for fields the file lacks."""

    columns: AnyMapping[str, str] = field(default_factory=dict)
    defaults: AnyMapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Mapping":
        """
        Read a mapping file.

        Raises:
            FileRefused: it is missing or not a mapping, or names a field that does not exist.
        """
        file = visible(path.name)
        content = _content(path, file)
        if not isinstance(content, dict) or content.keys() - {"columns", "defaults"}:
            raise FileRefused("file.mapping", file=file)
        columns, defaults = content.get("columns", {}), content.get("defaults", {})
        if not isinstance(columns, dict) or not isinstance(defaults, dict):
            raise FileRefused("file.mapping", file=file)
        for name in (*columns.values(), *defaults):
            if not isinstance(name, str) or name not in KNOWN:
                raise FileRefused(
                    "file.mapping_field", file=file, value=visible(str(name)), choices=", ".join(sorted(KNOWN))
                )
        return cls(columns, {name: value for name, value in defaults.items() if not empty(value)})

    def field_of(self, column: str) -> str:
        """The field a column holds: as mapped, as known under another name, or its own name."""
        if column in self.columns:
            return self.columns[column]
        plain = _plain(column)
        return _ALIASES.get(plain, plain)

    def header(self, file: str, columns: list[str]) -> list[str]:
        """
        The fields of a header row; a column without a name is called by its place, ``#1`` for the first.

        Raises:
            FileRefused: a required column is missing, or two columns hold the same field.
        """
        names = [self.field_of(column) or f"#{place}" for place, column in enumerate(columns, start=1)]
        first: dict[str, str] = {}
        for name, column in zip(names, columns, strict=True):
            if name in first:
                raise FileRefused(
                    "file.duplicate_column", file=file, column=name, found=visible(f"{first[name]}, {column}")
                )
            first[name] = column
        for required in _REQUIRED:
            if required not in first and required not in self.defaults:
                if required == "title" and "description" in first:
                    continue
                shown = visible(", ".join(columns), _HEADER_SHOWN)
                raise FileRefused("file.column", file=file, column=required, found=shown)
        return names

    def apply(self, content: AnyMapping[str, Any]) -> dict[str, Any]:
        """
        A JSON object under the names of our fields, without empty values.

        Raises:
            FieldError: two of its keys hold the same field.
        """
        named: dict[str, Any] = {}
        for key, value in content.items():
            name = self.field_of(key)
            if not empty(value):
                if name in named:
                    raise FieldError(name, "twice", value=name)
                named[name] = value
        return self.with_defaults(named)

    def with_defaults(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, with defaults where nothing is given."""
        return {**self.defaults, **values}


def _content(path: Path, file: str) -> Any:
    try:
        return json_text.parse(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise FileRefused("file.missing", file=file) from None
    except json_text.Unreadable as error:
        if error.rule != "json":
            raise FileRefused("file.mapping", file=file) from None
        position, near = error.values["position"], visible(str(error.values["value"]))
        raise FileRefused("file.mapping_json", file=file, position=position, value=near) from None
    except UnicodeDecodeError:
        raise FileRefused("file.mapping", file=file) from None
    except OSError:
        raise FileRefused("file.unreadable", file=file) from None


def _plain(column: str) -> str:
    decomposed = unicodedata.normalize("NFKD", column.strip().lower())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.sub(r"[\s-]+", "_", bare)
