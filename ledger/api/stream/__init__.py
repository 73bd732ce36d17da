"""What changes, as it comes."""
