"""What every part of the application stands on: settings, security, errors, middleware."""
