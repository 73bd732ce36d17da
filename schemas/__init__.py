"""What is said: events, their values and vocabulary, the views that follow from them, and the codec."""
