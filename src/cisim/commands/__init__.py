"""What the commands of the command line do; `cisim.cli` puts them together."""
