"""What the marketplace does, free of HTTP."""
