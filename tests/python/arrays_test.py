"""Arrays and tensors: what shares memory, what copies, and who keeps whom alive."""

import gc
import sys
import unittest
import weakref

import numpy as np

import cifar_engine as ce


def address(array):
    return array.__array_interface__["data"][0]


class Array(np.ndarray):
    """An array that a weak reference can watch."""


def watched(values):
    array = np.array(values, dtype=np.float32).view(Array)
    return array, weakref.ref(array)


class Sharing(unittest.TestCase):
    def test_from_numpy_shares_memory(self):
        for dtype in (np.float32, np.int64, np.uint8):
            array = np.arange(6, dtype=dtype).reshape(2, 3)
            tensor = ce.from_numpy(array)
            self.assertEqual(tensor.data_ptr(), address(array))
            self.assertEqual((tensor.shape, tensor.dtype), ((2, 3), np.dtype(dtype).name))
            array[1, 2] = 42
            self.assertEqual(tensor.numpy()[1, 2], 42)
            tensor.numpy()[0, 0] = 7
            self.assertEqual(array[0, 0], 7)

    def test_numpy_and_asarray_share_memory(self):
        tensor = ce.zeros((4, 5))
        for array in (tensor.numpy(), np.asarray(tensor)):
            self.assertEqual(address(array), tensor.data_ptr())
            self.assertEqual((array.shape, array.dtype), ((4, 5), np.float32))
            self.assertTrue(array.flags.writeable)

    def test_there_and_back_is_the_same_memory(self):
        array = np.ones((2, 2), np.float32)
        self.assertEqual(address(ce.from_numpy(ce.from_numpy(array).numpy()).numpy()), address(array))

    def test_tensor_copies(self):
        array = np.ones((2, 2), np.float32)
        tensor = ce.tensor(array)
        self.assertNotEqual(tensor.data_ptr(), address(array))
        array[:] = 5
        np.testing.assert_array_equal(tensor.numpy(), 1)

    def test_tensor_converts(self):
        for data, dtype in (([1.5, 2.5], "float32"), (np.float64(3), "float32"), ([1, 2], "int64"),
                            (np.array([1, 2], np.int32), "int64"), (np.array([True, False]), "int64"),
                            (np.array([1], np.uint8), "uint8"), (np.array([1], np.float16), "float32")):
            tensor = ce.tensor(data)
            self.assertEqual(tensor.dtype, dtype)
            np.testing.assert_array_equal(tensor.numpy(), np.asarray(data))
        np.testing.assert_array_equal(ce.tensor(np.arange(6.0).reshape(2, 3).T).numpy(), [[0, 3], [1, 4], [2, 5]])

    def test_what_cannot_be_shared_is_refused(self):
        read_only = np.zeros(3, np.float32)
        read_only.flags.writeable = False
        swapped = np.zeros(3, np.dtype(np.float32).newbyteorder())
        misaligned = np.frombuffer(bytearray(13), np.uint8)[1:].view(np.float32)
        for array, word in ((np.zeros(3), "float64"), (np.zeros((4, 4), np.float32)[:, ::2], "C-contiguous"),
                            (read_only, "read-only"), (swapped, "type"), (misaligned, "aligned"),
                            (np.zeros((1,) * 5, np.float32), "5 dimensions")):
            with self.assertRaisesRegex(ce.UsageError, word):
                ce.from_numpy(array)
        with self.assertRaises(TypeError):
            ce.from_numpy([1.0, 2.0])
        for data in (["a", "b"], [1j], [object()]):
            with self.assertRaises(ValueError):
                ce.tensor(data)

    def test_empty_and_scalar(self):
        self.assertEqual(ce.from_numpy(np.zeros((0, 3), np.float32)).shape, (0, 3))
        self.assertEqual(ce.tensor(2.5).shape, ())
        self.assertEqual(float(ce.tensor(2.5)), 2.5)


class ChannelsFirst(unittest.TestCase):
    def test_an_array_that_lies_channel_last_is_shared(self):
        images = np.zeros((2, 4, 5, 3), np.float32).transpose(0, 3, 1, 2)
        tensor = ce.from_nchw(images)
        self.assertEqual(tensor.shape, (2, 4, 5, 3))
        self.assertEqual(tensor.data_ptr(), address(images))
        back = tensor.nchw()
        self.assertEqual((back.shape, back.strides, address(back)), (images.shape, images.strides, address(images)))

    def test_another_is_copied(self):
        images = np.arange(2 * 3 * 4 * 5, dtype=np.float32).reshape(2, 3, 4, 5)
        tensor = ce.from_nchw(images)
        np.testing.assert_array_equal(tensor.numpy(), images.transpose(0, 2, 3, 1))
        np.testing.assert_array_equal(tensor.nchw(), images)

    def test_four_dimensions_are_asked_for(self):
        with self.assertRaisesRegex(ce.UsageError, "N, C, H, W"):
            ce.from_nchw(np.zeros((3, 4, 5), np.float32))
        with self.assertRaises(ce.UsageError):
            ce.zeros((2, 3)).nchw()


class Lifetime(unittest.TestCase):
    def test_the_tensor_keeps_the_array(self):
        array, alive = watched([1, 2, 3])
        tensor = ce.from_numpy(array)
        view = tensor.reshape([3, 1])
        del array, tensor
        gc.collect()
        self.assertIsNotNone(alive())
        np.testing.assert_array_equal(view.numpy()[:, 0], [1, 2, 3])
        del view
        gc.collect()
        self.assertIsNone(alive())

    def test_the_array_keeps_the_tensor(self):
        for make in (lambda t: t.numpy(), np.asarray):
            array = make(ce.ones((1000,)) * 3.0)
            gc.collect()
            ce.zeros((1000,))  # would be served from the memory if it were free
            np.testing.assert_array_equal(array, 3)

    def test_a_graph_keeps_the_array_until_backward(self):
        array, alive = watched([1, 2, 3])
        weight = ce.ones((3,)).requires_grad_()
        loss = ce.sum(weight * ce.from_numpy(array))
        del array
        gc.collect()
        self.assertIsNotNone(alive())
        loss.backward()
        np.testing.assert_array_equal(weight.grad.numpy(), [1, 2, 3])
        self.assertIsNone(alive())

    def test_nothing_leaks(self):
        array = np.zeros((4, 4), np.float32)
        tensor = ce.ones((4, 4))
        before = sys.getrefcount(array), sys.getrefcount(tensor)
        for _ in range(100):
            ce.from_numpy(array).numpy().sum()
            np.asarray(tensor).sum()
            tensor.numpy()
            with self.assertRaises(ValueError):
                ce.from_numpy(array.T[::2])
        gc.collect()
        self.assertEqual((sys.getrefcount(array), sys.getrefcount(tensor)), before)


class Text(unittest.TestCase):
    def test_repr(self):
        self.assertEqual(repr(ce.tensor([[1.0, 2.5]])), "Tensor([[1. , 2.5]])")
        self.assertEqual(repr(ce.tensor([1, 2])), "Tensor([1, 2], dtype=int64)")
        self.assertEqual(repr(ce.ones((1,)).requires_grad_()), "Tensor([1.], requires_grad=True)")

    def test_help(self):
        for thing in (ce, ce.Tensor, ce.from_numpy, ce.nn.Module, ce.nn.Linear, ce.optim.Adam, ce.Trainer.fit,
                      ce.predict, ce.models.AttentionNet, ce.data.DataLoader):
            self.assertTrue(thing.__doc__)

    def test_submodules_can_be_imported(self):
        import cifar_engine.nn as nn
        from cifar_engine.optim import Adam
        self.assertIs(nn.Linear, ce.nn.Linear)
        self.assertIs(Adam, ce.optim.Adam)

    def test_errors_are_pythons_kind_too(self):
        for error, kind in ((ce.UsageError, ValueError), (ce.InputError, ValueError), (ce.IoError, OSError),
                            (ce.DivergedError, ArithmeticError), (ce.DeviceError, RuntimeError)):
            self.assertTrue(issubclass(error, kind) and issubclass(error, ce.Error))
        with self.assertRaisesRegex(ce.UsageError, r"shapes \(2\) and \(3\), in add, extents must agree"):
            ce.ones((2,)) + ce.ones((3,))
