"""Checkpoints beside configs."""
