"""What is proved: rebuild the figures from the log alone, and compare what ought to be equal."""
