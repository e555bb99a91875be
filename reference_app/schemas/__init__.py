"""What the outside may send, and what it gets back."""
