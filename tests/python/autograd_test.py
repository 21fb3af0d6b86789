"""Gradients against finite differences of the same functions in NumPy, in double precision."""

import unittest

import numpy as np

import cifar_engine as ce

random = np.random.default_rng(1)


def relu(x):
    return np.maximum(x, 0)


def conv2d(x, weight, bias, stride=1, padding=0):
    """x (N, H, W, I), weight (O, k, k, I)."""
    x = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    k = weight.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("nhwiyx,oyxi->nhwo", windows, weight) + bias


def max_pool(x, window):
    n, h, w, c = x.shape
    return x.reshape(n, h // window, window, w // window, window, c).max(axis=(2, 4))


def batch_norm(x, weight, bias):
    rest = tuple(range(x.ndim - 1))
    return (x - x.mean(axis=rest)) / np.sqrt(x.var(axis=rest) + 1e-5) * weight + bias


def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(labels)), labels])


def differences(function, inputs, step=1e-5):
    """The gradient of a scalar function by each of its inputs."""
    gradients = []
    for x in inputs:
        gradient = np.empty_like(x)
        for index in np.ndindex(*x.shape):
            value = x[index]
            x[index] = value + step
            above = function(*inputs)
            x[index] = value - step
            gradient[index] = (above - function(*inputs)) / (2 * step)
            x[index] = value
        gradients.append(gradient)
    return gradients


class Gradients(unittest.TestCase):
    def check(self, engine_function, numpy_function, *shapes):
        # What float32 holds exactly is the same input to both.
        inputs = [random.normal(size=shape).astype(np.float32).astype(np.float64) for shape in shapes]
        tensors = [ce.tensor(x).requires_grad_() for x in inputs]
        loss = engine_function(*tensors)
        self.assertAlmostEqual(loss.item(), float(numpy_function(*inputs)), places=4)
        loss.backward()
        for tensor, expected in zip(tensors, differences(numpy_function, inputs)):
            np.testing.assert_allclose(tensor.grad.numpy(), expected, rtol=1e-3, atol=1e-4)

    def test_arithmetic(self):
        self.check(lambda x, y: ce.sum(2 * x * y - y / 4 + (1 - x) + -(y - 3) + x),
                   lambda x, y: np.sum(2 * x * y - y / 4 + (1 - x) + -(y - 3) + x), (3, 4), (4,))

    def test_linear_relu_mean(self):
        self.check(lambda x, w, b: ce.mean(ce.relu(ce.linear(x, w, b)) * ce.linear(x, w)),
                   lambda x, w, b: np.mean(relu(x @ w.T + b) * (x @ w.T)), (5, 3), (4, 3), (4,))

    def test_conv2d(self):
        for stride, padding in ((1, 1), (2, 0)):
            self.check(lambda x, w, b: ce.mean(ce.conv2d(x, w, b, stride, padding) * ce.conv2d(x, w, b, stride, padding)),
                       lambda x, w, b: np.mean(conv2d(x, w, b, stride, padding) ** 2), (2, 5, 5, 3), (4, 3, 3, 3), (4,))

    def test_max_pool_flatten(self):
        # flatten() is channel first.
        self.check(lambda x, w: ce.sum(ce.flatten(ce.max_pool(x, 2)) * w),
                   lambda x, w: np.sum(max_pool(x, 2).transpose(0, 3, 1, 2).reshape(2, -1) * w), (2, 4, 4, 3), (12,))

    def test_adaptive_avg_pool(self):
        self.check(lambda x, w: ce.sum(ce.flatten(ce.adaptive_avg_pool(x, 1, 1)) * w),
                   lambda x, w: np.sum(x.mean(axis=(1, 2)) * w), (2, 3, 4, 5), (5,))

    def test_batch_norm(self):
        mean, var = ce.zeros((3,)), ce.ones((3,))
        self.check(lambda x, w, b, v: ce.sum(ce.batch_norm(x, mean, var, w, b, True) * v),
                   lambda x, w, b, v: np.sum(batch_norm(x, w, b) * v), (8, 3), (3,), (3,), (8, 3))
        self.assertTrue(np.any(mean.numpy() != 0))

    def test_cross_entropy(self):
        labels = np.array([0, 3, 1])
        self.check(lambda x: ce.cross_entropy(x, ce.from_numpy(labels)), lambda x: cross_entropy(x, labels), (3, 4))

    def test_a_small_network(self):
        labels = np.array([1, 0])
        self.check(
            lambda x, f, b, w: ce.cross_entropy(
                ce.linear(ce.flatten(ce.max_pool(ce.relu(ce.conv2d(x, f, b, 1, 1)), 2)), w), ce.tensor(labels)),
            lambda x, f, b, w: cross_entropy(
                max_pool(relu(conv2d(x, f, b, 1, 1)), 2).transpose(0, 3, 1, 2).reshape(2, -1) @ w.T, labels),
            (2, 4, 4, 2), (3, 3, 3, 2), (3,), (2, 12))

    def test_inputs_at_any_address(self):
        """Memory of NumPy need not begin where vectors do."""
        memory = random.normal(size=1 + 2 * 7 * 7 * 3).astype(np.float32)
        results = []
        for x in (memory[1:].reshape(2, 7, 7, 3), memory[1:].copy().reshape(2, 7, 7, 3)):
            ce.manual_seed(1)
            layer = ce.nn.AttentionConv(3, 5)
            loss = ce.mean(layer(ce.from_numpy(x)) * ce.conv2d(ce.from_numpy(x), layer_filter(), None, 1, 1))
            loss.backward()
            results.append([loss.item()] + [p.grad.numpy().copy() for p in layer.parameters()])
        for one, other in zip(*results):
            np.testing.assert_array_equal(one, other)


def layer_filter():
    return ce.tensor(np.linspace(-1, 1, 5 * 3 * 3 * 3).reshape(5, 3, 3, 3))


class Graph(unittest.TestCase):
    def test_gradients_add_up_until_they_are_forgotten(self):
        x = ce.ones((2,)).requires_grad_()
        self.assertIsNone(x.grad)
        for expected in (3, 6):
            ce.sum(3 * x).backward()
            np.testing.assert_array_equal(x.grad.numpy(), expected)
        x.zero_grad()
        self.assertIsNone(x.grad)

    def test_no_grad(self):
        x = ce.ones((2,)).requires_grad_()
        with ce.no_grad():
            self.assertFalse((x * 2).requires_grad)
        self.assertTrue((x * 2).requires_grad)
        with self.assertRaises(ZeroDivisionError):
            with ce.no_grad():
                1 / 0
        self.assertTrue((x * 2).requires_grad)

    def test_numpy_leaves_arithmetic_to_the_tensor(self):
        x = ce.ones((2,))
        self.assertIsInstance(np.float32(2) * x, ce.Tensor)
        with self.assertRaises(TypeError):
            np.ones(2) * x

    def test_wrong_use(self):
        x = ce.ones((2,)).requires_grad_()
        with self.assertRaisesRegex(ce.UsageError, "scalar|one element"):
            (x * 2).backward()
        loss = ce.sum(x)
        loss.backward()
        with self.assertRaisesRegex(ce.UsageError, "second time"):
            loss.backward()
        with self.assertRaises(ce.UsageError):
            ce.tensor([1, 2]).requires_grad_()
        with self.assertRaises(ValueError):
            ce.ones((2, 2)).item()
