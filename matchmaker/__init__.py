"""Matchmaker: finds, for a company's technology need, the patent or capability that answers it."""

__version__ = "0.1.0"
