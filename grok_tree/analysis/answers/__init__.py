"""Answers to one prompt as a sample: how they differ, and how sure that is."""
