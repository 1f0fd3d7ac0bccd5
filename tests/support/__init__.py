"""What tests share: servers, processes, facts, and a naive second model. The bench may use it too."""
