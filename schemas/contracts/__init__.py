"""The published contracts: JSON Schemas of events and views, and the event reference, generated from the models.

`events/` and `views/` hold one schema each; `released/` holds what each release published, never rewritten.
"""
