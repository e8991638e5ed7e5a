"""From an annotated question to candidate meanings: patterns give fragments, a beam readings of them."""
