"""The published contracts, generated from the models: JSON Schemas, the AsyncAPI document, the event reference.

`events/` and `views/` hold one schema each, and `asyncapi.json` the Kafka topics; `released/` holds what each release
published, never rewritten.
"""
