"""``matchmaker demo``: the sample world at work."""

import tempfile
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from pydantic import SecretStr

from evaluation import sample
from matchmaker import settings as settings_module
from matchmaker.abandonment import idle
from matchmaker.bootstrap import Application
from matchmaker.cli import abandoned
from matchmaker.cli.match import show_offers
from matchmaker.cli.options import JsonFlag, hint
from matchmaker.cli.output import console, print_json
from matchmaker.cli.session import catch_up, opened, reported
from matchmaker.clock import FixedClock
from matchmaker.errors import MatchmakerError
from matchmaker.matching.facts import Asker
from matchmaker.matching.matcher import OfferMatch
from matchmaker.matching.report import offer_match
from matchmaker.texts import Language, say

# Needs of the training half: a Spanish one answered in English, an English one answered in Spanish, and one as it is
# typed on a telephone.
NEEDS = ("N3-07", "N8-05", "N7-04")
_OFFERS = 3
_FLAGS = 6


def run(
    keep: Annotated[Path | None, typer.Option(help=hint("demo.keep"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """Load the sample world into a folder of its own, match three needs and list idle assets."""
    with tempfile.TemporaryDirectory(prefix="matchmaker-demo-") as scratch:
        home = keep or Path(scratch)
        with reported(as_json=as_json):
            settings = settings_module.load().model_copy(update={"home": home, "database_url": SecretStr("")})
        with opened(as_json=as_json, clock=FixedClock(sample.as_of()), settings=settings) as (
            application,
            language,
        ):
            started = perf_counter()
            needs, offers = sample.load_into(application)
            catch_up(application, language)
            seconds = perf_counter() - started
            matched = [_match(application, reference) for reference in NEEDS]
            if application.matcher.calibration is None:
                raise MatchmakerError("cli.abandoned.uncalibrated")
            with application.work(writes=False) as work:
                flags = idle.find(application.matcher, work, "MX", application.clock.today())
        if as_json:
            print_json(
                {
                    "needs": needs.rows_read,
                    "offers": offers.rows_read,
                    "seconds": round(seconds, 1),
                    "matches": {title: [offer_match(match, language) for match in found] for title, found in matched},
                    "abandoned": [idle.report(flag, language) for flag in flags],
                }
            )
            return
        screen = console()
        screen.print(say("cli.demo.intro", language, day=sample.as_of().isoformat()))
        screen.print(
            say(
                "cli.demo.loaded",
                language,
                needs=needs.rows_read,
                offers=offers.rows_read,
                seconds=f"{seconds:.0f}",
            )
        )
        _show(matched, language)
        screen.print(f"\n[bold]{say('cli.demo.idle', language)}[/bold]")
        abandoned.show(flags[:_FLAGS], language)


def _match(application: Application, reference: str) -> tuple[str, list[OfferMatch]]:
    with application.work(writes=False) as work:
        need = work.needs.find(reference)[0]
        owner = work.organizations.get(need.organization)
    return need.title, application.matcher.offers_for(need.searchable_text(), Asker.of(need, owner), _OFFERS)


def _show(matched: list[tuple[str, list[OfferMatch]]], language: Language) -> None:
    for title, matches in matched:
        console().print()
        show_offers(title, matches, language)
