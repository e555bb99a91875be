"""Mending a refused request: remedies for complaints, and the places that they change."""
