"""The reports: the only place where a number becomes a string."""
