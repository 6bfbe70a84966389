"""The search for designs: spaces of configs, what is asked of them, and how they are worked through."""
