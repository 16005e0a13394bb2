"""The sample world: fictional needs, offers and graded judgements that serve the demo, the tests and the evaluation."""

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from evaluation.datasets import Dataset, Document
from matchmaker.bootstrap import Application
from matchmaker.domain.organization import Organization
from matchmaker.domain.profile import join_sections
from matchmaker.domain.terms import CompanySize, OrganizationKind
from matchmaker.portfolios.importing import Outcome, import_file

FOLDER = Path(__file__).parent / "data" / "sample"


def as_of() -> date:
    """The day on which the sample world stands still: its legal states hold then."""
    return date.fromisoformat(manifest()["as_of"])


def manifest() -> dict[str, Any]:
    """Counts, split, judging and digests of the sample world."""
    content: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    return content


def dataset(part: str) -> Dataset:
    """
    The sample world as a test collection: needs are queries, offers documents.

    Args:
        part: ``train`` or ``test``, split by need.
    """
    offers = {
        row["reference"]: Document(
            row["reference"],
            row["title"],
            join_sections(row.get("short_summary", ""), row["description"], row.get("advantages_and_innovation", "")),
            {},
        )
        for row in rows("offers")
    }
    qrels = _qrels(part)
    needs = {row["reference"]: join_sections(row["title"], row["description"]) for row in rows("needs")}
    return Dataset(f"sample-{part}", offers, {key: needs[key] for key in qrels}, qrels)


def load_into(application: Application) -> tuple[Outcome, Outcome]:
    """
    Register the organizations and import needs and offers, as an office would. Loading again changes nothing.

    Returns:
        what the import of needs and the import of offers did.
    """
    with application.work() as work:
        known = work.organizations.by_name([row["name"] for row in rows("organizations")])
        for row in rows("organizations"):
            if row["name"] not in known:
                work.organizations.add(_organization(row))
        work.commit()
    needs, offers = (
        import_file(application.database, application.clock, FOLDER / f"{name}.jsonl") for name in ("needs", "offers")
    )
    return needs, offers


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The rows of ``organizations``, ``needs``, ``offers`` or ``judgements``."""
    with (FOLDER / f"{name}.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _organization(row: dict[str, Any]) -> Organization:
    size = row.get("size")
    return Organization(
        name=row["name"],
        kind=OrganizationKind(row["kind"]),
        country=row["country"],
        state=row["state"],
        municipality=row["municipality"],
        size=None if size is None else CompanySize(size),
        assimilation_level=row.get("assimilation_level"),
        scian=tuple(row.get("scian", ())),
    )


def _qrels(part: str) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    with (FOLDER / "qrels" / f"{part}.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
    return qrels
