"""Recording a command: preconditions, decision, and its events in one transaction."""
