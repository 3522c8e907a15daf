package main

// fileLimit is how many files this process may have open.
func fileLimit() uint64 { return 1 << 16 }
