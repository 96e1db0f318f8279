"""What the layers of a network have learned, and what they make of one image."""
