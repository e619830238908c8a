"""Cases from life: what the model says should have happened, beside what did."""
