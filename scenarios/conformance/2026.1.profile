# Frozen cases.
