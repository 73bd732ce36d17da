"""Views as bytes: in each form, with what stands beside them, kept as long as they are true."""
