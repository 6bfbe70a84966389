"""What is asked of the configs of a space."""
