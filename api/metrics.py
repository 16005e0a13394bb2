"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from matchmaker.storage.changes import ProfileKind

# What an address without a route, and a method of the sender's own making, are counted under.
UNMATCHED = "unmatched"
OTHER_METHOD = "OTHER"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """
    Counts of one application. A private need may not show in any count that everybody sees, and entries of the
    change log stand for private needs too: their number is kept apart.
    """

    def __init__(self) -> None:
        self._shown_to_all = CollectorRegistry()
        self._kept_apart = CollectorRegistry()
        self._requests = Counter(
            "matchmaker_http_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._shown_to_all,
        )
        self._seconds = Histogram(
            "matchmaker_http_request_seconds",
            "Time from a request's headers to the end of its answer.",
            ("method", "route"),
            registry=self._shown_to_all,
        )
        self._indexed = Gauge(
            "matchmaker_indexed_profiles",
            "Needs and offers in the index; without the token, of the needs only those open to everybody.",
            ("kind",),
            registry=self._shown_to_all,
        )
        self._pending = Gauge(
            "matchmaker_pending_changes",
            "Entries of the change log that were not indexed when it was last looked at.",
            registry=self._kept_apart,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        known = method if method in _METHODS else OTHER_METHOD
        self._requests.labels(known, route, status).inc()
        self._seconds.labels(known, route).observe(seconds)

    def for_everybody(self, needs: int, offers: int) -> bytes:
        """Prometheus's text; ``needs`` are those open to everybody."""
        self._indexed.labels(ProfileKind.NEED.value).set(needs)
        self._indexed.labels(ProfileKind.OFFER.value).set(offers)
        return generate_latest(self._shown_to_all)

    def for_the_operator(self, needs: int, offers: int, pending: int) -> bytes:
        """Prometheus's text with all needs and the entries that wait to be indexed."""
        self._pending.set(pending)
        return self.for_everybody(needs, offers) + generate_latest(self._kept_apart)
