"""What was found of configs, closed forms beside predictions and measurements; reports and JSON render it."""
