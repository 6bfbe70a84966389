"""The one way in and the one way out: every file that a user names is opened in `read`, and written in `write`."""

TEMPORARY = ".w2v-explore-"
"""How the names of folders begin in which files are made (`write`)."""
