"""Offline runs against labelled matches: data sets in, rankings and measures out."""
