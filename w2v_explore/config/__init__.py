"""Configs: from YAML text to a validated `ModelConfig`, with a place for everything that is wrong."""
