"""The document: found, fetched, parsed, its references followed, its operations and fields listed."""
