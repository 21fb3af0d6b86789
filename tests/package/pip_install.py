"""pip_install.py SOURCE TARGET PACKAGE: `pip install` of the Python module in the checkout SOURCE into the folder TARGET,
built against the installed cifar_engine in PACKAGE, without a network. Skipped (77) where a package is missing."""

import importlib.util
import shutil
import subprocess
import sys

source, target, package = sys.argv[1:]

missing = [name for name in ("pip", "numpy", "pybind11", "scikit_build_core") if importlib.util.find_spec(name) is None]
if missing:
    print(f"skipped: {sys.executable} has no {', '.join(missing)}")
    sys.exit(77)

shutil.rmtree(target, ignore_errors=True)
subprocess.run(
    [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
     "--no-build-isolation", "--target", target, f"--config-settings=build-dir={target}.build",
     f"--config-settings=cmake.define.cifar_engine_DIR={package}", source],
    check=True)
