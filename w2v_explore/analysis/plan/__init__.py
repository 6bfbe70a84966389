"""Training on many devices: memory per device, time, data."""
