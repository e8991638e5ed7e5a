"""`thermocline demo`: real or made-up events through all three tiers, every shown answer checked."""
