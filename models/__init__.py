"""Turning texts into vectors and sentences. Knows nothing of needs and offers."""
