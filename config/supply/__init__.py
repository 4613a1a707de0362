"""What the product is made of, and what is known against it: checks of the lock, the tree and its history."""
