"""The memory: tables, queries, migrations. Returns domain values; never commits (`handlers.serve` and `bot` do)."""
