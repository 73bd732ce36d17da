"""A siege: a million events published while everything around them is killed, filled up and broken (`make siege`)."""
