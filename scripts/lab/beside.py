# SPDX-License-Identifier: Apache-2.0
"""What goes on beside whoever began it, in threads of its own, as long as a `with` lasts."""
import threading


class Beside:
    """Whoever derives from it says in work() what each thread does until `enough` is set."""

    def __init__(self, threads=1):
        self.enough = threading.Event()
        self._threads = [threading.Thread(target=self.work, daemon=True) for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.enough.set()
        self.wait()

    def wait(self):
        for thread in self._threads:
            thread.join()

    def working(self):
        return any(thread.is_alive() for thread in self._threads)

    def work(self):
        raise NotImplementedError
