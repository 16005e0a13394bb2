"""``matchmaker match``: the offers for a need, or the needs for an offer."""

from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape

from matchmaker.bootstrap import Application
from matchmaker.cli.options import JsonFlag, hint
from matchmaker.cli.output import BAD_USAGE, console, fail, percentage, print_json
from matchmaker.cli.session import catch_up, opened
from matchmaker.domain import rules
from matchmaker.domain.need import Need
from matchmaker.domain.offer import Offer
from matchmaker.errors import FieldError, MatchmakerError, NotFound
from matchmaker.knowledge.places import Place, state_code
from matchmaker.matching.calibration import WORTH_A_LOOK
from matchmaker.matching.facts import NOWHERE, Asker
from matchmaker.matching.matcher import NeedMatch, OfferMatch
from matchmaker.matching.report import need_match, offer_match
from matchmaker.storage.repositories import Profiles
from matchmaker.texts import Language, say

_TITLE = 100


def run(
    need: Annotated[str | None, typer.Option(help=hint("match.need"))] = None,
    text: Annotated[str | None, typer.Option(help=hint("match.text"))] = None,
    offer: Annotated[str | None, typer.Option(help=hint("match.offer"))] = None,
    state: Annotated[str | None, typer.Option(help=hint("match.state"))] = None,
    sector: Annotated[list[str] | None, typer.Option(help=hint("match.sector"))] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help=hint("match.k"))] = 10,
    as_json: JsonFlag = False,
) -> None:
    """Match, and say why."""
    with opened(as_json=as_json) as (application, language):
        if sum(value is not None for value in (need, text, offer)) != 1:
            fail(MatchmakerError("cli.match.which"), language, as_json=as_json, code=BAD_USAGE)
        if offer is not None and (state or sector):
            fail(MatchmakerError("cli.match.which_place"), language, as_json=as_json, code=BAD_USAGE)
        try:
            asker = _asker(state, sector)
        except FieldError as error:
            fail(error, language, as_json=as_json, code=BAD_USAGE)
        catch_up(application, language)
        if offer is not None:
            _reverse(application, offer, k, language, as_json=as_json)
        else:
            _forward(application, need, text or "", asker, k, language, as_json=as_json)


def _forward(
    application: Application,
    need: str | None,
    text: str,
    asker: Asker,
    k: int,
    language: Language,
    *,
    as_json: bool,
) -> None:
    title = text
    if need is not None:
        with application.work(writes=False) as work:
            found: Need = find(work.needs, need, "need")
            stated = Asker.of(found, work.organizations.get(found.organization))
        text, title = found.searchable_text(), found.title
        asker = Asker(
            asker.place if asker.place != NOWHERE else stated.place,
            asker.scian or stated.scian,
            stated.assimilation_level,
        )
    matches = application.matcher.offers_for(text, asker, k)
    if as_json:
        print_json({"matches": [offer_match(match, language) for match in matches]})
    else:
        show_offers(title, matches, language)


def _reverse(application: Application, reference: str, k: int, language: Language, *, as_json: bool) -> None:
    with application.work(writes=False) as work:
        offer: Offer = find(work.offers, reference, "offer")
    matches = application.matcher.needs_for(offer, k)
    if as_json:
        print_json({"matches": [need_match(match, language) for match in matches]})
    else:
        _show_needs(offer.title, matches, language)


def show_offers(title: str, matches: list[OfferMatch], language: Language) -> None:
    """Print the offers of a need as a numbered list with their reasons."""
    screen = console()
    screen.print(f"[bold]{say('cli.match.title', language, need=escape(_short(title)))}[/bold]")
    if not matches:
        screen.print(say("cli.match.none", language))
    elif matches[0].probability is not None and matches[0].probability < WORTH_A_LOOK:
        screen.print(f"[yellow]{say('cli.match.low', language)}[/yellow]")
    for match in matches:
        shown = offer_match(match, language)
        screen.print(f"\n{match.rank}. [bold]{escape(match.offer.title)}[/bold]")
        kind = say(f"kind.{match.offer.kind.value}", language)
        screen.print(
            f"   {escape(match.owner.name)} · {escape(match.offer.reference)} · {kind} · {match.offer.language}"
        )
        _print_reasons(shown, match.probability, language)


def _show_needs(title: str, matches: list[NeedMatch], language: Language) -> None:
    screen = console()
    screen.print(f"[bold]{say('cli.match.reverse_title', language, offer=escape(_short(title)))}[/bold]")
    if not matches:
        screen.print(say("cli.match.none_needs", language))
    for match in matches:
        shown = need_match(match, language)
        screen.print(f"\n{match.rank}. [bold]{escape(match.need.title)}[/bold]")
        screen.print(f"   {escape(shown['owner'])} · {shown['region'] or ''}")
        _print_reasons(shown, match.probability, language)


def _print_reasons(shown: dict[str, Any], probability: float | None, language: Language) -> None:
    screen = console()
    facts = " · ".join(factor["text"] for factor in shown["factors"])
    screen.print(f"   {say('cli.match.probability', language)}: {percentage(probability, language)} · {escape(facts)}")
    for pair in shown["evidence"][:1]:
        screen.print(f"   [dim]{escape(say('cli.match.evidence', language, **_quoted(pair)))}[/dim]")


def _quoted(pair: dict[str, Any]) -> dict[str, str]:
    return {side: _short(pair[side]) for side in ("need", "offer")}


def find(repository: Profiles[Any], wanted: str, kind: str) -> Any:
    """A need or offer by its identity or, where only one organization uses it, by its reference."""
    try:
        return repository.get(UUID(wanted))
    except ValueError:
        found = repository.find(wanted)
        if len(found) != 1:
            raise (
                NotFound(kind, wanted) if not found else MatchmakerError("cli.match.several", reference=wanted)
            ) from None
        return found[0]


def _asker(state: str | None, sector: list[str] | None) -> Asker:
    rules.codes("scian", sector or ())
    place = Place("MX", state_code(state)) if state else NOWHERE
    return Asker(place, tuple(sector or ()))


def _short(text: str) -> str:
    return text if len(text) <= _TITLE else text[: _TITLE - 1].rstrip() + "…"
