"""One policy for every door: a bound statement is written anew over what its principal may see."""
