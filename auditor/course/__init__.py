"""The course of an audit: seeding, asking, judging, load, and the sum of it."""
