"""python3 -m tests.python FOLDER, in the repository's root: the tests of the Python module that lies in FOLDER. Skipped
(77) where it does not, or NumPy is missing."""

import importlib.util
import sys
import unittest

folder = sys.argv[1]
sys.path.insert(0, folder)
missing = [name for name in ("numpy", "cifar_engine") if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}")
    sys.exit(77)
unittest.main(module=None, argv=["tests.python", "discover", "-s", "tests/python", "-t", ".", "-p", "*_test.py"])
