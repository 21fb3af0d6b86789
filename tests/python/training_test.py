"""Training: by hand, by a Trainer, with callbacks, with Ctrl-C, beside other threads."""

import gc
import os
import signal
import threading
import time
import unittest
import weakref

import numpy as np

import cifar_engine as ce
from cifar_engine import data, nn, optim

SAMPLE = os.path.join("data", "sample")


def blobs(count, seed):
    """Points around two centres, which a line tells apart."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    points = random.normal(size=(count, 2)) * 0.3 + np.where(labels[:, None] == 1, 1.0, -1.0)
    return data.TensorDataset(ce.tensor(points), ce.tensor(labels))


def classifier(seed=1):
    ce.manual_seed(seed)
    return nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))


def sample_loader(split, size=100):
    return data.DataLoader(data.Cifar10(SAMPLE, split), batch_size=size, shuffle=split == "train", workers=1,
                           augment=["crop", "flip"] if split == "train" else None)


class ByHand(unittest.TestCase):
    def test_a_line(self):
        x = np.linspace(-1, 1, 100, dtype=np.float32)
        inputs, targets = ce.from_numpy(x), ce.from_numpy(3 * x + 1)
        slope, offset = ce.zeros(()).requires_grad_(), ce.zeros(()).requires_grad_()
        optimizer = optim.SGD([slope, offset], lr=0.1)
        for _ in range(100):
            error = slope * inputs + offset - targets
            loss = (error * error).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        np.testing.assert_allclose([slope.item(), offset.item()], [3, 1], atol=1e-3)

    def test_every_optimiser(self):
        for make in (lambda p: optim.SGD(p, lr=0.1, momentum=0, weight_decay=1e-4), lambda p: optim.Adam(p, lr=0.05),
                     lambda p: optim.Adam(p, lr=0.05, betas=(0.9, 0.99), weight_decay=0.01, decoupled=True)):
            net = classifier()
            optimizer, criterion = make(net.named_parameters()), nn.CrossEntropyLoss()
            loader = data.DataLoader(blobs(200, 1), batch_size=50, shuffle=True)
            losses = []
            for _ in range(10):
                for inputs, labels in loader:
                    optimizer.zero_grad()
                    loss = criterion(net(inputs), labels)
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.item())
            self.assertLess(losses[-1], 0.5 * losses[0])

    def test_a_state_goes_on_where_it_was(self):
        def step(net, optimizer):
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(net(ce.ones((4, 2))), ce.tensor([0, 1, 1, 1])).backward()
            optimizer.step()

        one = classifier()
        first = optim.Adam(one.named_parameters())
        step(one, first)
        other = classifier(seed=2)
        second = optim.Adam(other.named_parameters())
        other.load_state_dict(one.state_dict())
        second.load_state_dict(first.state_dict())
        for net, optimizer in ((one, first), (other, second)):
            step(net, optimizer)
        for name, array in one.state_dict().items():
            np.testing.assert_array_equal(other.state_dict()[name], array)

    def test_wrong_use(self):
        for lr in (-1, float("nan")):
            with self.assertRaises(ce.UsageError):
                optim.Adam(classifier().parameters(), lr=lr)
        with self.assertRaises(ce.UsageError):
            optim.SGD([ce.ones((2,))])
        optimizer = optim.Adam(classifier().parameters())
        optimizer.lr = 0.25
        self.assertEqual(optimizer.lr, 0.25)


class Loaders(unittest.TestCase):
    def test_every_example_once_an_epoch(self):
        inputs = np.arange(10, dtype=np.float32)[:, None]
        loader = data.DataLoader(data.TensorDataset(ce.from_numpy(inputs), ce.tensor(np.arange(10))), batch_size=4,
                                 shuffle=True, workers=2)
        self.assertEqual(len(loader), 3)
        epochs = [[int(label) for _, labels in loader for label in labels.numpy()] for _ in range(2)]
        for epoch in epochs:
            self.assertEqual(sorted(epoch), list(range(10)))
        self.assertNotEqual(*epochs)

    def test_cifar10(self):
        images = data.Cifar10(SAMPLE, "test")
        inputs, labels = next(iter(data.DataLoader(images, batch_size=8)))
        self.assertEqual((inputs.shape, labels.shape, labels.dtype), ((8, 32, 32, 3), (8,), "int64"))
        self.assertEqual(len(data.cifar10_classes), 10)

    def test_wrong_use(self):
        with self.assertRaisesRegex(ce.InputError, "nowhere"):
            data.Cifar10("/nowhere", "test")
        with self.assertRaises(ce.UsageError):
            data.Cifar10(SAMPLE, "validation")
        with self.assertRaises(ce.UsageError):
            data.DataLoader(blobs(4, 1), batch_size=0)
        with self.assertRaises(ce.UsageError):
            data.DataLoader(blobs(4, 1), augment=["flip"])
        with self.assertRaises(ce.UsageError):
            data.DataLoader(data.Cifar10(SAMPLE, "test"), augment=["polish"])
        with self.assertRaises(ce.UsageError):
            data.TensorDataset(ce.ones((3, 2)), ce.tensor([0, 1]))


class Fit(unittest.TestCase):
    def setUp(self):
        self.net = classifier()
        self.optimizer = optim.Adam(self.net.named_parameters(), lr=0.02)
        self.train = data.DataLoader(blobs(400, 1), batch_size=50, shuffle=True, workers=1)
        self.test = data.DataLoader(blobs(100, 2), batch_size=100)
        self.trainer = ce.Trainer(self.net, self.optimizer)

    def test_history_and_accuracy(self):
        steps = []
        history = self.trainer.fit(self.train, self.test, epochs=5, schedule="one-cycle", on_step=steps.append)
        self.assertEqual([epoch["epoch"] for epoch in history], [1, 2, 3, 4, 5])
        self.assertEqual([step["step"] for step in steps], list(range(1, 41)))
        self.assertGreater(history[-1]["test_accuracy"], 0.95)
        self.assertLess(history[-1]["train_loss"], history[0]["train_loss"])
        result = self.trainer.evaluate(self.test)
        self.assertEqual(result["accuracy"], history[-1]["test_accuracy"])
        self.assertEqual(result["examples"], 100)

    def test_callbacks_can_end_it(self):
        self.assertEqual(len(self.trainer.fit(self.train, self.test, on_epoch=lambda epoch: epoch["epoch"] == 2)), 2)
        steps = []
        self.trainer.fit(self.train, self.test, on_step=lambda step: steps.append(step) or len(steps) == 3)
        self.assertEqual(len(steps), 3)
        self.assertEqual(len(self.trainer.fit(self.train, self.test, max_steps=5)), 1)

    def test_errors_in_callbacks_pass_through(self):
        def fail(_):
            raise KeyError("callback")

        with self.assertRaisesRegex(KeyError, "callback"):
            self.trainer.fit(self.train, self.test, on_step=fail)
        self.trainer.fit(self.train, self.test, epochs=1)  # and it can be used again

    def test_divergence(self):
        self.net[2].weight.numpy()[:] = np.nan
        with self.assertRaisesRegex(ce.DivergedError, "the loss became -?nan"):
            self.trainer.fit(self.train, self.test)

    def test_model_and_optimizer_live_as_long_as_the_trainer(self):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.layer = nn.Linear(2, 2)

            def forward(self, x):
                return self.layer(x)

        def make():
            net = Net()
            return ce.Trainer(net, optim.Adam(net.parameters())), weakref.ref(net)

        trainer, alive = make()
        gc.collect()
        self.assertEqual(len(trainer.fit(self.train, self.test, epochs=1)), 1)
        del trainer
        gc.collect()
        self.assertIsNone(alive())

    def test_a_network_of_images(self):
        ce.manual_seed(1)
        net = ce.models.AttentionNet(widths=[8, 8], hidden=16, dropout=0)
        trainer = ce.Trainer(net, optim.Adam(net.named_parameters()), label_smoothing=0.1)
        before = trainer.evaluate(sample_loader("test"))["loss"]
        history = trainer.fit(sample_loader("train"), sample_loader("test"), epochs=1)
        self.assertLess(history[0]["test_loss"], before)


class Threads(unittest.TestCase):
    def test_ctrl_c_ends_a_training(self):
        net = ce.models.AttentionNet(widths=[8, 8], hidden=16)
        trainer = ce.Trainer(net, optim.Adam(net.named_parameters()))
        steps = []
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with self.assertRaises(KeyboardInterrupt):
            trainer.fit(sample_loader("train"), sample_loader("test"), epochs=10_000, on_step=steps.append)
        timer.join()
        self.assertLess(time.monotonic() - begin, 60)
        self.assertTrue(steps)
        trainer.evaluate(sample_loader("test"))  # what was learned is there

    def test_others_run_while_it_computes(self):
        """A call of one long kernel after the other: with the GIL held, the count would stand still."""
        net = ce.models.AttentionNet(widths=[32, 32])
        images = np.zeros((256, 3, 32, 32), np.float32)
        count, done = 0, threading.Event()

        def run():
            nonlocal count
            while not done.is_set():
                count += 1
                time.sleep(0.001)

        thread = threading.Thread(target=run)
        thread.start()
        before = count
        ce.predict(net, images, batch_size=256)
        after = count
        done.set()
        thread.join()
        self.assertGreater(after, before + 5)
