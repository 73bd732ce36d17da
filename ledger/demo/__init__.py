"""The bundled history: a demonstration and a test, not an authority."""
