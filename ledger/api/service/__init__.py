"""What all operations of one server share, and how it is."""
