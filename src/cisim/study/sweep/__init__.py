"""What each setting of a sweep does, against the reference in the same worlds."""
