"""Studies: designs of thousands to millions of paired worlds, run anywhere, kept safely, analysed and published."""
