"""What hangs where: shape, divergence, paths, and the same as a graph."""
