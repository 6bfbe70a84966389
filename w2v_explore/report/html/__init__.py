"""Pages: a result as one file that a browser opens, offline too."""
