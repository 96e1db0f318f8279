"""Runs page: every run in a table, curves over each other, races, repeats."""
