"""From a table of any make to events: how it is written, what its columns mean, and the event of each row."""
