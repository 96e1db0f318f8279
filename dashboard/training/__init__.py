"""The Train page: steering, curves, the time machine."""
