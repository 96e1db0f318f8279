"""The sidebar: what to learn from, the network, how it learns."""
