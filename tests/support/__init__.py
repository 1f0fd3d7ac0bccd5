"""What tests share: servers, processes, facts, and a naive second model. The benchmarks may use it too."""
