"""From what a caller gives (dicts, CloudEvents, Arrow, files) to one column-wise batch."""
