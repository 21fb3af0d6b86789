"""What docs/library.md shows runs as it stands."""

import os
import re
import tempfile
import unittest

import numpy as np

import cifar_engine as ce


class Documentation(unittest.TestCase):
    def test_the_example_for_python(self):
        with open(os.path.join("docs", "library.md"), encoding="utf-8") as page:
            (code,) = re.findall(r"```python\n(.*?)```", page.read(), re.DOTALL)
        here, names = os.getcwd(), {"print": lambda *_: None}
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(os.path.join(here, "data"), os.path.join(folder, "data"))
            os.chdir(folder)
            try:
                ce.manual_seed(1)
                exec(compile(code, "docs/library.md", "exec"), names)
                loaded = ce.load_safetensors("net.safetensors")
            finally:
                os.chdir(here)
        self.assertEqual(names["logits"].shape, (500, 10))
        self.assertLess(names["history"][-1]["test_loss"], np.log(10))
        self.assertEqual(loaded["conv.weight"].shape, (16, 3, 3, 3))
