"""When it pays and when it hurts: boxes found by PRIM."""
