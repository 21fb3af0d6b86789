"""Modules, their states and files; parity with PyTorch where it is found."""

import gc
import importlib.util
import os
import tempfile
import unittest

import numpy as np

import cifar_engine as ce
from cifar_engine import nn

SAMPLE = os.path.join("data", "sample")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(2, 8)
        self.tail = nn.Sequential(nn.ReLU(), nn.Linear(8, 3))
        self.scale = self.register_parameter("scale", ce.ones((3,)))

    def forward(self, x):
        return self.tail(self.hidden(x)) * self.scale


class Doubling(nn.Module):
    def forward(self, x):
        return x * 2


class Failing(nn.Module):
    def forward(self, x):
        raise KeyError("forward")


def attention_net():
    ce.manual_seed(1)
    return ce.models.AttentionNet(widths=[8, 12], hidden=16)


class Modules(unittest.TestCase):
    def test_attributes_become_parts(self):
        net = Net()
        names = [name for name, _ in net.named_parameters()]
        self.assertEqual(names, ["scale", "hidden.weight", "hidden.bias", "tail.1.weight", "tail.1.bias"])
        self.assertEqual(list(net.children()), ["hidden", "tail"])
        self.assertIs(net.children()["hidden"], net.hidden)
        self.assertIs(type(net.tail[1]), nn.Linear)
        with self.assertRaisesRegex(ce.UsageError, "hidden"):
            net.hidden = nn.Linear(1, 1)

    def test_the_engines_own_layers_take_no_parts(self):
        with self.assertRaisesRegex(ce.UsageError, "derive a class from nn.Module"):
            nn.Linear(1, 1).part = nn.ReLU()

    def test_gradients_reach_every_part(self):
        net = Net()
        ce.cross_entropy(net(ce.uniform((4, 2))), ce.tensor([0, 1, 2, 0])).backward()
        self.assertTrue(all(parameter.grad is not None for parameter in net.parameters()))
        net.zero_grad()
        self.assertTrue(all(parameter.grad is None for parameter in net.parameters()))

    def test_a_module_in_python_lives_within_a_sequential(self):
        net = nn.Sequential(Doubling(), nn.ReLU())
        net.append(Doubling())
        gc.collect()
        np.testing.assert_array_equal(net(ce.tensor([-1.0, 3.0])).numpy(), [0, 12])

    def test_errors_in_forward_pass_through(self):
        with self.assertRaisesRegex(KeyError, "forward"):
            nn.Sequential(Failing())(ce.ones((1,)))
        with self.assertRaises(RuntimeError):
            nn.Module()(ce.ones((1,)))

    def test_training_mode(self):
        net = nn.Sequential(nn.Dropout(0.5))
        x = ce.ones((1000,))
        self.assertTrue(np.any(net(x).numpy() == 0))
        net.eval()
        self.assertFalse(net.training)
        np.testing.assert_array_equal(net(x).numpy(), 1)
        net.train()
        self.assertTrue(net.training)

    def test_devices(self):
        net = Net()
        net.to("cpu")
        self.assertEqual(net.device, "cpu")
        self.assertIn("cpu", ce.devices())
        with self.assertRaisesRegex(ce.UsageError, "'tpu'"):
            net.to("tpu")
        if "cuda" not in ce.devices():
            with self.assertRaises(ce.DeviceError):
                net.to("cuda")

    def test_layers_at_work(self):
        x = ce.from_nchw(np.random.default_rng(1).normal(size=(2, 3, 8, 8)).astype(np.float32))
        net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                            nn.AttentionConv(4, 6), nn.AdaptiveAvgPool2d(2, 1), nn.Flatten(), nn.Linear(12, 5))
        self.assertEqual(net(x).shape, (2, 5))
        self.assertEqual(net[0](x).nchw().shape, (2, 4, 8, 8))
        self.assertEqual(len(net), 8)


class States(unittest.TestCase):
    def test_pytorchs_layout_in_copies(self):
        layer = nn.Conv2d(3, 4, 5)
        state = layer.state_dict()
        self.assertEqual(state["weight"].shape, (4, 3, 5, 5))
        np.testing.assert_array_equal(state["weight"], layer.weight.nchw())
        state["weight"][:] = 9
        self.assertFalse(np.any(layer.weight.numpy() == 9))

    def test_load(self):
        one, other = Net(), Net()
        other.load_state_dict(one.state_dict())
        for name, array in one.state_dict().items():
            np.testing.assert_array_equal(other.state_dict()[name], array)

    def test_what_does_not_fit_changes_nothing(self):
        net = Net()
        state = net.state_dict()
        before = net.hidden.bias.numpy().copy()
        for change in ({"hidden.bias": np.zeros(7)}, {"other": np.zeros(1)}, {"hidden.bias": np.zeros(8, np.int64)}):
            with self.assertRaisesRegex(ce.UsageError, list(change)[0]):
                net.load_state_dict({**state, **change})
        with self.assertRaises(ce.UsageError):
            net.load_state_dict({})
        with self.assertRaises(TypeError):
            net.load_state_dict({**state, "hidden.bias": ce.zeros((8,))})
        np.testing.assert_array_equal(net.hidden.bias.numpy(), before)


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "net.safetensors")

    def test_safetensors(self):
        net = Net()
        ce.save_safetensors(self.path, net.state_dict())
        loaded = ce.load_safetensors(self.path)
        other = Net()
        other.load_state_dict(loaded)
        for name, array in net.state_dict().items():
            np.testing.assert_array_equal(other.state_dict()[name], array)

    @unittest.skipUnless(importlib.util.find_spec("safetensors"), "safetensors is not installed")
    def test_the_librarys_own_reader_and_writer(self):
        from safetensors.numpy import load_file, save_file
        state = attention_net().state_dict()
        ce.save_safetensors(self.path, state)
        for name, array in load_file(self.path).items():
            np.testing.assert_array_equal(array, state[name])
        save_file(state, self.path)
        self.assertEqual(ce.load_safetensors(self.path).keys(), state.keys())

    def test_models(self):
        net = attention_net()
        ce.models.save_model(self.path, net)
        images = np.random.default_rng(1).normal(size=(3, 3, 8, 8)).astype(np.float32)
        np.testing.assert_array_equal(ce.predict(ce.models.load_model(self.path), images), ce.predict(net, images))

    def test_files_that_are_none(self):
        with self.assertRaisesRegex(ce.InputError, "net.safetensors"):
            ce.models.load_model(self.path)
        for content in (b"", b"no network", b"\xff" * 64):
            with open(self.path, "wb") as file:
                file.write(content)
            with self.assertRaises(ValueError):
                ce.load_safetensors(self.path)
        with self.assertRaises(OSError):
            ce.save_safetensors("/no/such/folder/net.safetensors", {})


class Prediction(unittest.TestCase):
    def test_layouts_and_batches_agree(self):
        net = attention_net()
        images = np.random.default_rng(1).normal(size=(5, 3, 32, 32)).astype(np.float32)
        logits = ce.predict(net, images)
        self.assertEqual((logits.shape, logits.dtype), ((5, 10), np.float32))
        np.testing.assert_array_equal(ce.predict(net, images, batch_size=2), logits)
        np.testing.assert_array_equal(ce.predict(net, ce.from_nchw(images)), logits)
        net.eval()
        np.testing.assert_array_equal(net(ce.from_nchw(images)).numpy(), logits)

    def test_the_models_mode_stays(self):
        net = attention_net()
        for training in (True, False):
            net.train(training)
            ce.predict(net, np.zeros((1, 3, 32, 32), np.float32))
            self.assertEqual(net.training, training)
            with self.assertRaises(ce.UsageError):
                ce.predict(net, np.zeros((1, 4, 32, 32), np.float32))
            self.assertEqual(net.training, training)

    def test_bytes_are_normalised_as_the_loader_does(self):
        net = attention_net()
        loader = ce.data.DataLoader(ce.data.Cifar10(SAMPLE, "test"), batch_size=4)
        inputs, labels = next(iter(loader))
        records = np.fromfile(os.path.join(SAMPLE, "test_batch.bin"), np.uint8).reshape(-1, 3073)[:4]
        np.testing.assert_array_equal(labels.numpy(), records[:, 0])
        np.testing.assert_array_equal(ce.predict(net, records[:, 1:].reshape(-1, 3, 32, 32)), ce.predict(net, inputs))

    def test_nothing_to_predict(self):
        with self.assertRaises(ce.UsageError):
            ce.predict(attention_net(), np.zeros((0, 3, 32, 32), np.float32))
        with self.assertRaises(ce.UsageError):
            ce.predict(attention_net(), np.zeros((1, 3, 32, 32), np.float32), batch_size=0)

    def test_probabilities(self):
        logits = np.array([[1, 2, 3], [1000, 0, -1000]], np.float32)
        probabilities = ce.class_probabilities(ce.from_numpy(logits)).numpy()
        e = np.exp([1, 2, 3])
        np.testing.assert_allclose(probabilities, [e / e.sum(), [1, 0, 0]], rtol=1e-6)


@unittest.skipUnless(importlib.util.find_spec("torch"), "PyTorch is not installed")
class PyTorch(unittest.TestCase):
    def setUp(self):
        import sys
        sys.path.insert(0, os.path.join("tests", "vectors"))
        self.addCleanup(sys.path.pop, 0)
        import torch
        from torch_attention_net import AttentionNet
        torch.manual_seed(1)
        torch.set_num_threads(1)
        self.torch = torch
        self.theirs = AttentionNet(widths=[8, 12, 16], hidden=24)
        self.ours = ce.models.AttentionNet(widths=[8, 12, 16], hidden=24)
        self.images = np.random.default_rng(1).normal(size=(6, 3, 32, 32)).astype(np.float32)

    def logits(self):
        with self.torch.no_grad():
            return self.theirs.eval()(self.torch.from_numpy(self.images)).numpy()

    def test_its_weights_here(self):
        self.ours.load_state_dict(self.theirs.state_dict())
        np.testing.assert_allclose(ce.predict(self.ours, self.images), self.logits(), rtol=1e-4, atol=1e-5)

    def test_our_weights_there(self):
        state = {name: self.torch.from_numpy(array) for name, array in self.ours.state_dict().items()}
        self.theirs.load_state_dict(state)
        np.testing.assert_allclose(ce.predict(self.ours, self.images), self.logits(), rtol=1e-4, atol=1e-5)

    def test_gradients(self):
        self.ours.load_state_dict(self.theirs.state_dict())
        for net in (self.ours, self.theirs):  # batch norm by running statistics, no dropout
            net.eval()
        labels = np.arange(6)
        ce.cross_entropy(self.ours(ce.from_nchw(self.images)), ce.tensor(labels)).backward()
        self.torch.nn.functional.cross_entropy(self.theirs(self.torch.from_numpy(self.images)),
                                               self.torch.from_numpy(labels)).backward()
        theirs = dict(self.theirs.named_parameters())
        for name, parameter in self.ours.named_parameters():
            gradient = parameter.grad.nchw() if len(parameter.shape) == 4 else parameter.grad.numpy()
            np.testing.assert_allclose(gradient, theirs[name].grad.numpy(), rtol=1e-3, atol=1e-5, err_msg=name)

    def test_its_tensors_share_memory_through_numpy(self):
        theirs = self.torch.ones(2, 3)
        ours = ce.from_numpy(theirs.numpy())
        self.assertEqual(ours.data_ptr(), theirs.data_ptr())
        self.assertEqual(self.torch.from_numpy(ours.numpy()).data_ptr(), theirs.data_ptr())
