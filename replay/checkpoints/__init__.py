"""What a ledger's keeper signs of its log: made, kept, checked, and countersigned by witnesses."""
