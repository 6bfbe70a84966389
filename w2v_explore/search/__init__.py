"""What is found among many configs: their figures, worked out for all at once."""
