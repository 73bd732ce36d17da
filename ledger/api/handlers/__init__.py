"""What each operation does: from a request to an answer."""
