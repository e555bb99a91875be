"""Values for requests: made from schemas and names, by patterns, against the rules on purpose, and written down."""
