"""Grow, keep and study forests of language model responses."""
