"""Kinds of things: what an API is about, read from its document: collections, items, references, ways to sign in."""
