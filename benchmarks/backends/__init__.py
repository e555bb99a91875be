"""Backends that other people wrote, from PyPI and npm, and how each is started."""

from __future__ import annotations

from benchmarks.backends.changedetection import CHANGEDETECTION
from benchmarks.backends.doccano import DOCCANO
from benchmarks.backends.jupyter import JUPYTER
from benchmarks.backends.kinto import KINTO
from benchmarks.backends.loopback_todo import LOOPBACK_TODO
from benchmarks.backends.phoenix import PHOENIX
from benchmarks.backends.signalk import SIGNALK

BACKENDS = (KINTO, JUPYTER, CHANGEDETECTION, DOCCANO, PHOENIX, SIGNALK, LOOPBACK_TODO)
