"""What needs a real device: latency, and the audit of the closed forms. Importing its modules imports torch."""
