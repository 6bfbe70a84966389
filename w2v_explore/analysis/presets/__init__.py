"""The presets as a table: which one a config is, or is nearest to."""
