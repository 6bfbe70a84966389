"""The figures of docs/performance.md; ``python -m benchmarks > docs/performance.md`` measures them and writes it."""
