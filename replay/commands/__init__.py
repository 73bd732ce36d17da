"""The commands of `replay` that prove, one module for each kind of thing that they make."""
