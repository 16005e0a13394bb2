"""Whether the process lives, whether it can serve, and how much it does."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from api.deps import HoldsToken, Service, ServiceDep, engine
from api.openapi import problems
from api.problems import Refusal
from api.shapes import Health
from matchmaker.storage.changes import ProfileKind

router = APIRouter(tags=["operation"])


@router.get("/healthz")
async def healthz() -> Health:
    """Whether the process lives."""
    return Health(status="ok")


@router.get("/readyz", responses=problems(503))
def readyz(service: ServiceDep) -> Health:
    """Whether the database can be reached and the engine is loaded."""
    try:
        service.application.database.schema_revision()
    except SQLAlchemyError:
        raise Refusal(503, "api.database") from None
    engine(service.follower)
    return Health(status="ready")


@router.get("/metrics", response_class=Response, responses={200: {"content": {CONTENT_TYPE_LATEST: {}}}})
def metrics(service: ServiceDep, holds_token: HoldsToken) -> Response:
    """Prometheus's text. Only with the token it tells of counts that hidden needs are part of."""
    if service.follower.matcher is not None:
        _measure(service)
    return Response(service.metrics.text(for_operator=holds_token), media_type=CONTENT_TYPE_LATEST)


def _measure(service: Service) -> None:
    indexes = service.application.indexes
    with service.application.work(writes=False) as work:
        open_needs = len(work.needs.visible_ids(service.application.clock.today()))
    service.metrics.measured(
        needs=indexes.size(ProfileKind.NEED),
        open_needs=open_needs,
        offers=indexes.size(ProfileKind.OFFER),
        pending=indexes.pending(),
    )
