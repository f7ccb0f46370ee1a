"""What is to be labelled, and by whom."""
