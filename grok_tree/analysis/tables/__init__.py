"""A forest as rows, by grain."""
