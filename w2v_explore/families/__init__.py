"""The families of speech encoders, a package each."""
