"""The ledger over HTTP: views at any cut, publishing, streams of changes, and what an operator asks."""
