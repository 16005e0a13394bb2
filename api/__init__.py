"""The HTTP door: matching, needs and offers as JSON under ``/v1``, errors as problems (RFC 9457)."""
