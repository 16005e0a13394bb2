"""The application behind the HTTP door, and the server that runs it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import openapi, problems
from api.boundary import Boundary
from api.deps import Service
from api.following import Follower
from api.metrics import Metrics
from api.routes import health, matches, needs, offers
from matchmaker import __version__
from matchmaker.bootstrap import Application

# Seconds that requests being answered are given when the server is told to stop.
_GRACE = 10


def create_app(application: Application) -> FastAPI:
    """The HTTP API of an open installation.

    The engine is loaded in the background when the application starts; until then ``/readyz`` and everything that
    searches answer 503.

    Example:
        >>> with matchmaker.bootstrap.application() as installation:
        ...     app = create_app(installation)
    """
    service = Service(application, Follower(application), Metrics())
    app = FastAPI(
        title="Matchmaker",
        version=__version__,
        description="Finds, for a company's technology need, the patent or capability that answers it.",
        docs_url=None,  # the framework's documentation pages are loaded from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_following,
        generate_unique_id_function=_operation_id,
    )
    app.state.service = service
    for noun in (health, matches, needs, offers):
        app.include_router(noun.router)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(Boundary, metrics=service.metrics, body_limit=application.settings.api_body_limit)
    return app


def serve(application: Application, host: str, port: int) -> None:
    """Serve until interrupted or terminated; requests being answered are finished first."""
    uvicorn.run(
        create_app(application),
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )


@asynccontextmanager
async def _following(app: FastAPI) -> AsyncIterator[None]:
    follower: Follower = app.state.service.follower
    follower.start()
    yield
    await to_thread.run_sync(follower.stop)


def _operation_id(route: APIRoute) -> str:
    return route.name
