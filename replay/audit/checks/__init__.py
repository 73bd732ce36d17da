"""The checks, one module for each kind of thing that they look at."""
