"""The rules of a month, one mechanism per file; their order stands in `cisim.engine`."""
