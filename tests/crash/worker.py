"""A process that imports, edits, deletes and indexes until it is killed, saying what is committed as it goes.

Run as ``python -m tests.crash.worker DATABASE_URL HOME FILE SEED``. Lines on standard output: ``ready``, then
``committed REFERENCE …`` after each transaction and ``deleted REFERENCE`` after each deletion.
"""

import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from matchmaker.clock import SystemClock
from matchmaker.matching import indexing
from matchmaker.matching.indexing import Indexes
from matchmaker.portfolios import importing
from matchmaker.storage.database import Database
from matchmaker.storage.unit_of_work import UnitOfWork
from models.encoder.cache import CachedEncoder
from tests.crash.word_encoder import WordEncoder

# Small portions put a transaction or a save under almost every moment at which the process can die.
importing._PORTION = 5
indexing._PORTION = 3
indexing._SAVE_EVERY = 6


def main(url: str, home: Path, file: Path, seed: int) -> None:
    """Work for ever."""
    database = Database(url)
    database.migrate()
    clock = SystemClock()
    indexes = Indexes(database, clock, CachedEncoder(cast(Any, WordEncoder()), home / "embeddings"), home / "index")
    chance = random.Random(seed)
    say("ready")
    importing.import_file(database, clock, file, owner="OTT", on_progress=lambda rows: say("committed", str(rows)))
    say("imported")
    while True:
        indexes.catch_up()
        with UnitOfWork(database, clock) as work:
            offers = list(work.offers.all())
            chosen = chance.sample(offers, 3)
            work.offers.replace([replace(offer, description=f"{offer.description} otra vez") for offer in chosen[1:]])
            if len(offers) > 20:
                work.offers.remove(chosen[0].id)
            work.commit()
            if len(offers) > 20:
                say("deleted", chosen[0].reference)


def say(*words: str) -> None:
    """Print a line that arrives even if the next thing that happens is the end."""
    sys.stdout.write(" ".join(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
