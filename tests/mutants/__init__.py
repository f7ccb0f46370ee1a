"""Small changes to the product, each of which a named test has to notice (`make mutants`)."""
