"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# What an address without a route, and a method of the sender's own making, are counted under.
UNMATCHED = "unmatched"
OTHER_METHOD = "OTHER"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Counts of one application. Those that hidden needs are part of are kept apart: nobody else may see them."""

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
        self._offers = Gauge("matchmaker_indexed_offers", "Offers in the index.", registry=self._shown_to_all)
        self._open_needs = Gauge("matchmaker_open_needs", "Needs open to everybody.", registry=self._shown_to_all)
        self._needs = Gauge(
            "matchmaker_indexed_needs", "Needs in the index, of every visibility.", registry=self._kept_apart
        )
        self._pending = Gauge(
            "matchmaker_pending_changes", "Entries of the change log not indexed yet.", registry=self._kept_apart
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        known = method if method in _METHODS else OTHER_METHOD
        self._requests.labels(known, route, status).inc()
        self._seconds.labels(known, route).observe(seconds)

    def measured(self, *, needs: int, open_needs: int, offers: int, pending: int) -> None:
        """Take down what the engine holds now."""
        self._needs.set(needs)
        self._open_needs.set(open_needs)
        self._offers.set(offers)
        self._pending.set(pending)

    def text(self, *, for_operator: bool) -> bytes:
        """Everything counted so far, in Prometheus's text format."""
        shown = generate_latest(self._shown_to_all)
        return shown + generate_latest(self._kept_apart) if for_operator else shown
