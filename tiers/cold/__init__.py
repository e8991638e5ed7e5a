"""The cold tier: ordinary Iceberg tables, committed by pyiceberg and listed by ourselves."""
