"""The connection to the database."""
