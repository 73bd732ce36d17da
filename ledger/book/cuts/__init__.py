"""The books of a large exchange at any cut, made from an index of it and not by a fold."""
