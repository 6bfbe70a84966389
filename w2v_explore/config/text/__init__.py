"""Bytes to nodes with places, within limits."""
