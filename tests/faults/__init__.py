"""What happens to a lake when its process, its power supply, its disk or its files fail."""
