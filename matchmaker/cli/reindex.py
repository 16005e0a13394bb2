"""``matchmaker reindex``: rebuild the indexes."""

from matchmaker.cli.options import JsonFlag
from matchmaker.cli.output import console, print_json, progress
from matchmaker.cli.session import opened
from matchmaker.storage.changes import ProfileKind
from matchmaker.texts import say


def run(as_json: JsonFlag = False) -> None:
    """Build both indexes anew from the database."""
    with opened(as_json=as_json) as (application, language):
        with application.work(writes=False) as work:
            total = work.needs.count() + work.offers.count()
        with progress(say("cli.import.indexing", language), total) as advance:
            sizes = application.indexes.rebuild(advance)
        counts = {"needs": sizes[ProfileKind.NEED], "offers": sizes[ProfileKind.OFFER]}
        if as_json:
            print_json(counts)
        else:
            console().print(say("cli.reindex.result", language, **counts))
