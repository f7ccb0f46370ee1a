"""CoNLL: one token a line, with its tag in the last column."""
