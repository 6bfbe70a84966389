"""Work and time: roofs, calibrations, predictions."""
