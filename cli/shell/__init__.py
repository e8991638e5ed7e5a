"""The interactive shell that `thermocline sql` opens."""
