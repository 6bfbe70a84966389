"""One script for each tool that counts parameters and MACs; `benchmarks.accuracy` runs them apart from this program."""
