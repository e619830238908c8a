"""What a decision is worth: frontier, payback, regret, and the worth of knowing more."""
