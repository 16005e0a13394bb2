"""Settings of the test process that have to stand before anything is imported."""

import os

# Threads that wait must sleep: spinning ones bring two processes on the same cores almost to a halt.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
