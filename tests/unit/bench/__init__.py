"""The measurements' own judgement: what a table says, and what becomes of what cannot be measured."""
