"""The claims audit: what is said of collective impact, statement by statement, and where each is tested."""
