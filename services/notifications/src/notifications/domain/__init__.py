"""The rules of reacting: who is owed what, when to try again, how to sign. Standard library only."""
