"""What the audit owns on its target: objects made, brought into their states, watched over and removed again."""
