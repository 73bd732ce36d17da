"""What ought to be equal, compared: two readings, published views, two organisations' ledgers."""
