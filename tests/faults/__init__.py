"""What must hold when something dies, hangs or goes away.

`make faults` runs in minutes. FULL=1 gives each test its full size (servers away for five minutes, 100,000
events), ROUNDS=500 the number of random kills, MINUTES=30 an end to them.
"""

import os

FULL = bool(os.environ.get("FULL"))
