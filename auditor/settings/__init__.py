"""What the user asked for: configuration and command line, merged and explained."""
