"""The analyses: plain numbers in SI units for a tree and a workload, in closed form. No torch here."""
