"""The description of all routes (OpenAPI 3.1)."""

DOCUMENT = b"{}"
