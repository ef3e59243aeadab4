"""Which turn decided it: outcomes of tips, what they say at every fork, and of two conditions."""
