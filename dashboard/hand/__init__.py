"""A person's own drawings: kept, learned, taken along."""
