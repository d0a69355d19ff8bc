"""What the tests that drive real programs share. Standard library only."""

import sys

sys.dont_write_bytecode = True
