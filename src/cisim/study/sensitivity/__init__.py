"""How an outcome depends on what is assumed: designs, indices and their errors, through SALib and aware of luck."""
