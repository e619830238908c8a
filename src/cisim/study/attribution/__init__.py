"""What each of several conditions contributes: Shapley values and interactions."""
