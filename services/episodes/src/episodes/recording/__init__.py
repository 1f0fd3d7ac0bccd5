"""From a command to its recorded events: preconditions, decision, one transaction."""
