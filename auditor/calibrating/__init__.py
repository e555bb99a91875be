"""Holds checks against instruments: backends that are sound by default and wrong on request."""
