"""What the server promises: one row for each operation, and the description made of the rows."""
