"""Corfo's innovation projects as a test collection: the 30 % of them that nothing is trained on."""

import csv
from collections.abc import Iterator
from pathlib import Path

from evaluation.datasets import Dataset, DatasetError, Document, require_file
from models.encoder.training.material import is_corfo_training

__all__ = ["FILE", "held_out", "read"]

FILE = "projects.csv"


def read(folder: Path) -> Dataset:
    """
    The held-out Corfo projects: the title is asked, the objective of the same project is to be found, or of another
    project with the same one.

    Raises:
        DatasetError: no such file, not its columns, or nothing in it to be asked.
    """
    projects = {code: (title, goal) for code, title, goal in held_out(folder) if title and goal}
    if not projects:
        raise DatasetError("dataset.no_projects", folder / FILE)
    owners: dict[str, list[str]] = {}
    for code, (_, goal) in projects.items():
        owners.setdefault(goal, []).append(code)
    return Dataset(
        folder.resolve().name,
        {code: Document(code, "", goal) for code, (_, goal) in projects.items()},
        {code: title for code, (title, _) in projects.items()},
        {code: dict.fromkeys(owners[goal], 1) for code, (_, goal) in projects.items()},
    )


def held_out(folder: Path) -> Iterator[tuple[str, str, str]]:
    """
    Code, title and objective of every held-out Corfo project, any of them perhaps empty.

    Raises:
        DatasetError: no such file, not text, or not its columns.
    """
    file = require_file(folder / FILE)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = csv.DictReader(lines)
            if not {"codigo", "titulo", "objetivo"} <= set(table.fieldnames or ()):
                raise DatasetError("dataset.csv_columns", file, columns="codigo, titulo, objetivo")
            for row in table:
                code, title, goal = ((row[name] or "").strip() for name in ("codigo", "titulo", "objetivo"))
                if not is_corfo_training(code):
                    yield code, title, goal
    except UnicodeDecodeError:
        raise DatasetError("dataset.not_utf8", file) from None
