"""What the server promises: one row for each operation, what it does, and the description made of the rows."""
