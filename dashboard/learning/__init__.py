"""Learning and teaching: pages on each control, the tour, challenges and the check of their codes."""
