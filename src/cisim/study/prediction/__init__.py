"""What a set of parameters predicts, beside published facts."""
