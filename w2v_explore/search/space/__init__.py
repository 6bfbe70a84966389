"""Which configs there are: what varies, and what moves along with it."""
