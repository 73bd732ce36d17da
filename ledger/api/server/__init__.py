"""The server: the application behind one address, from its start to an orderly end."""
