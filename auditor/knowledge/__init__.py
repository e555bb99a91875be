"""What one run has learned of its target: how operations are called, what they need, what they harm."""
