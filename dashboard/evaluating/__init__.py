"""How well a network reads: what is on the page Evaluate."""
