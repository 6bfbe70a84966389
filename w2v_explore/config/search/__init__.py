"""The language of spaces: what `search:` in a config may say. Imported where there is any."""
