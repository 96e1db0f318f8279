"""The pad, what reads it, and digits that are pinned."""
