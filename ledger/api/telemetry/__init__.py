"""What the server tells its operator while it works: logs and traces."""
