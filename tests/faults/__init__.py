"""What must hold when something dies, hangs or goes away."""
