"""``matchmaker serve``: the HTTP API."""

import ipaddress
from typing import Annotated

import typer

from matchmaker.cli.options import hint
from matchmaker.cli.output import BAD_USAGE, console, fail
from matchmaker.cli.session import catch_up, opened
from matchmaker.errors import MatchmakerError
from matchmaker.texts import say


def run(
    host: Annotated[str, typer.Option(help=hint("serve.host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help=hint("serve.port"))] = 8000,
) -> None:
    """Bring the indexes up to date and serve until interrupted."""
    from api.app import serve  # the web framework is slow to import and no other command needs it

    with opened(as_json=False) as (application, language):
        if not _is_loopback(host) and not application.settings.api_token.get_secret_value():
            fail(MatchmakerError("cli.serve.token", host=host), language, as_json=False, code=BAD_USAGE)
        catch_up(application, language)
        console().print(say("cli.serve.listening", language, host=host, port=port))
        serve(application, host, port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
