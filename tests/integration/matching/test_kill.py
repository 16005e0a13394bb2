"""Processes killed at random moments leave a database and indexes that heal on the next start."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, cast

import pytest

from matchmaker.clock import SystemClock
from matchmaker.matching.indexing import Indexes
from matchmaker.portfolios.importing import import_file
from matchmaker.storage.changes import ProfileKind
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from models.encoder.encoder import Role
from tests.crash.word_encoder import WordEncoder

ROUNDS = 100 if os.environ.get("MATCHMAKER_SOAK") else 10
ROWS = 60
# A round's work takes about a second; the process dies somewhere in it, or in the editing that follows.
LONGEST_LIFE = 1.5


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "offers.jsonl"
    rows = [
        {
            "reference": f"R-{number:03d}",
            "title": f"Proceso número {number}",
            "description": " ".join(f"palabra{number * 7 + step}" for step in range(80)),
            "kind": "patent",
            "legal_status": [
                {
                    "jurisdiction": "MX",
                    "right": "patent",
                    "state": "pending",
                    "events": [{"date": "2025-01-01", "kind": "filing"}],
                }
            ],
        }
        for number in range(ROWS)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.soak
@pytest.mark.slow
def test_a_killed_process_leaves_what_it_committed_and_an_index_that_heals(
    database_url: str, tmp_path: Path, file: Path
) -> None:
    chance = random.Random(20261121)
    home = tmp_path / "home"
    deleted: set[str] = set()
    for round_number in range(ROUNDS):
        said = _live_and_die(database_url, home, file, round_number, chance.uniform(0, LONGEST_LIFE))
        deleted |= {line.split()[1] for line in said if line.startswith("deleted")}
        committed = sum(int(line.split()[1]) for line in said if line.startswith("committed"))
        _check(database_url, home, committed, deleted, round_number)


def _live_and_die(url: str, home: Path, file: Path, seed: int, life: float) -> list[str]:
    """Start a worker, kill it ``life`` seconds after it is ready, and return what it said."""
    command = [sys.executable, "-m", "tests.crash.worker", url, str(home), str(file), str(seed)]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(life)
        assert process.poll() is None, "the worker ended by itself"
        process.send_signal(signal.SIGKILL)
        return process.stdout.read().splitlines()


def _check(url: str, home: Path, committed: int, deleted: set[str], round_number: int) -> None:
    database = Database(url)
    clock = SystemClock()
    encoder = CachedEncoder(cast(Any, WordEncoder()), home / "embeddings")
    indexes = Indexes(database, clock, encoder, home / "index")
    with UnitOfWork(database, clock, writes=False) as work:
        offers = list(work.offers.all())
    references = [offer.reference for offer in offers]
    assert len(references) == len(set(references)), "an offer was doubled"
    # A deleted row comes back when the file is imported again in the next round.
    assert len(references) >= committed - len(deleted), "an acknowledged row was lost"
    assert all(len(offer.legal_status) == 1 for offer in offers), "an offer was half-written"

    indexes.catch_up()

    for difference in indexes.compare():
        assert difference.agrees, f"round {round_number}: {difference}"
    assert indexes.size(ProfileKind.OFFER) == len(offers)
    for offer in offers[:5]:
        vectors = encoder.encoder.encode(encoder.encoder.passages(offer.searchable_text()), Role.QUERY)
        best = indexes.search(ProfileKind.OFFER, vectors, 1)[0]
        assert best.identity == str(offer.id)
    database.close()


def test_importing_the_file_again_completes_what_a_killed_import_began(
    database_url: str, tmp_path: Path, file: Path
) -> None:
    said = _live_and_die(database_url, tmp_path / "home", file, seed=1, life=0.05)
    database = Database(database_url)

    outcome = import_file(database, SystemClock(), file, owner="OTT")

    known = sum(int(line.split()[1]) for line in said if line.startswith("committed"))
    assert outcome.rows_read == ROWS
    assert outcome.rejected == 0
    assert outcome.unchanged + outcome.updated >= min(known, ROWS - 3)
    with UnitOfWork(database, SystemClock(), writes=False) as work:
        assert sorted(offer.reference for offer in work.offers.all()) == [f"R-{number:03d}" for number in range(ROWS)]
    database.close()
