"""``matchmaker abandoned``: idle assets that fit open needs."""

from rich.markup import escape

from matchmaker.abandonment import idle
from matchmaker.abandonment.idle import Flag
from matchmaker.cli.options import JsonFlag, Jurisdiction
from matchmaker.cli.output import console, print_json
from matchmaker.cli.session import catch_up, opened
from matchmaker.errors import MatchmakerError
from matchmaker.texts import Language, say


def run(jurisdiction: Jurisdiction = "MX", as_json: JsonFlag = False) -> None:
    """List idle assets with evidence, most urgent first."""
    with opened(as_json=as_json) as (application, language):
        catch_up(application, language)
        if application.matcher.calibration is None:
            raise MatchmakerError("cli.abandoned.uncalibrated")
        with application.work(writes=False) as work:
            flags = idle.find(application.matcher, work, jurisdiction.upper(), application.clock.today())
        if as_json:
            print_json(
                {
                    "jurisdiction": jurisdiction.upper(),
                    "flags": [idle.report(flag, language) for flag in flags],
                }
            )
        else:
            show(flags, language)


def show(flags: list[Flag], language: Language) -> None:
    """Print flags as sentences with their evidence and the needs they fit."""
    screen = console()
    if not flags:
        screen.print(say("cli.abandoned.none", language))
        return
    for number, flag in enumerate(flags, start=1):
        shown = idle.report(flag, language)
        screen.print(f"\n{number}. [bold]{escape(shown['text'])}[/bold]")
        evidence = shown["evidence"]
        if evidence["date"]:
            screen.print(f"   {evidence['date']}: {escape(evidence['note'])} ({escape(evidence['source'])})")
        screen.print(f"   {say('licence.' + shown['licence'], language)}")
        needs = "; ".join(f"{need['title']} ({need['owner']})" for need in shown["needs"])
        screen.print(f"   {say('flag.needs', language, needs=escape(needs))}")
    screen.print(f"\n[dim]{say('flag.disclaimer', language)}[/dim]")
