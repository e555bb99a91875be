"""The only door to the target, and what goes through it on record."""
