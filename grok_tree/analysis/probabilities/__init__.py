"""Inside an answer: what its tokens' recorded probabilities say."""
