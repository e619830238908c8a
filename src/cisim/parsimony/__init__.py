"""Parsimony: how much of any outcome's variance hangs on each parameter and rule, and which could go."""
