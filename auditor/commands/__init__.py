"""The commands behind the command line, a module each."""
