"""What training takes before it is begun: batches, devices, time and money."""
