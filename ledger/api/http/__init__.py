"""What every request and every answer has: parameters, headers, bytes, problems."""
