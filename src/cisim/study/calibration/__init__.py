"""Parameters that agree with published facts: targets, history matching, ABC-SMC."""
