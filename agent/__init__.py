"""Questions in English: what they say, before anything is asked of the data."""
