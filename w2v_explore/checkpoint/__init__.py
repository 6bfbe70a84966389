"""Checkpoints without torch: what their tensors are called, and in whose words."""
