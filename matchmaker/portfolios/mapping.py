"""From an office's column names to our fields."""

import json
import unicodedata
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matchmaker.errors import FileRefused

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
    "licencia": "license_availability",
    "palabras_clave": "technology_keywords",
    "fecha_de_publicacion": "publication_date",
    "visibilidad": "visibility",
}
_REQUIRED = ("reference", "title")


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
            FileRefused: it is missing or not a mapping.
        """
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise FileRefused("file.missing", file=path.name) from None
        except (ValueError, OSError) as error:
            raise FileRefused("file.mapping", file=path.name, reason=str(error)) from None
        if not isinstance(content, dict) or set(content) - {"columns", "defaults"}:
            raise FileRefused("file.mapping", file=path.name, reason="columns / defaults")
        columns, defaults = content.get("columns", {}), content.get("defaults", {})
        if not isinstance(columns, dict) or not isinstance(defaults, dict):
            raise FileRefused("file.mapping", file=path.name, reason="columns / defaults")
        return cls(columns, defaults)

    def field_of(self, column: str) -> str:
        """The field a column holds: as mapped, as known under another name, or its own name."""
        if column in self.columns:
            return self.columns[column]
        plain = _plain(column)
        return _ALIASES.get(plain, plain)

    def header(self, file: str, columns: list[str]) -> list[str]:
        """
        The fields of a header row.

        Raises:
            FileRefused: a required column is missing, or two columns hold the same field.
        """
        names = [self.field_of(column) for column in columns]
        for name in names:
            if name and names.count(name) > 1:
                raise FileRefused("file.duplicate_column", file=file, column=name)
        for required in _REQUIRED:
            if required not in names and required not in self.defaults:
                if required == "title" and "description" in names:
                    continue
                raise FileRefused("file.column", file=file, column=required, found=", ".join(columns))
        return names

    def apply(self, content: AnyMapping[str, Any]) -> dict[str, Any]:
        """A JSON object under the names of our fields, without empty values."""
        named = {self.field_of(key): value for key, value in content.items() if value not in (None, "", [], {})}
        return self.with_defaults(named)

    def with_defaults(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, with defaults where nothing is given."""
        return {**self.defaults, **values}


def _plain(column: str) -> str:
    decomposed = unicodedata.normalize("NFKD", column.strip().lower())
    bare = "".join(character for character in decomposed if not unicodedata.combining(character))
    return bare.replace(" ", "_").replace("-", "_")
