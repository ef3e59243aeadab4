"""Figures of grok_tree, each beside its reference in the same run. Run: python -m benchmarks."""
