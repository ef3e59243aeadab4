"""What a forest looks like: drawn with matplotlib, and as inert HTML."""
