"""Audits a running HTTP backend against the standards good engineers expect."""

__version__ = "0.1.0"
