"""The `Lakehouse` contract, one area of behaviour a file."""
