"""The command `thermocline`: a thin skin over the `Lakehouse` protocol."""
