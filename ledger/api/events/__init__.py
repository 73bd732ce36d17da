"""Events as they stand in the log: read, published, refused."""
