"""What the words of a question may stand for: tables, columns and values, each with a score."""
