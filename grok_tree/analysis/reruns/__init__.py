"""One study against another: what a run on another model, or another day, says differently."""
