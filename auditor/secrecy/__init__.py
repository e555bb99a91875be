"""Keeps secrets out of whatever is written or shown: known ones in every form, and what looks like one."""
