"""Questions in English to checked SQL."""
