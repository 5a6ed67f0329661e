# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after a power cut: the system calls of a process, played again.

Model: a file's content is on the disk when fsync of the file returns, a name when fsync of its
folder returns (POSIX; ext4 does more).  What is not there yet may be there in part.  After Pillai et
al., "All File Systems Are Not Created Equal" (OSDI 2014).
"""
import itertools
import os
import pathlib
import re

CALL = re.compile(r"^(?P<name>\w+)\((?P<words>.*)\)\s+= (?P<result>-?\d+)")
HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
TRACED = ("openat,open,close,write,pwrite64,fsync,fdatasync,rename,renameat,renameat2,"
          "unlink,unlinkat,mkdir,mkdirat,rmdir")


class File:
    def __init__(self, content=b""):
        self.content = self.synced = content


class Folder:
    def __init__(self):
        self.names, self.synced = {}, {}


def loaded(path):
    """A folder as it lies there, all of it on the disk."""
    folder = Folder()
    for entry in path.iterdir():
        folder.names[entry.name] = loaded(entry) if entry.is_dir() else File(entry.read_bytes())
    folder.synced = dict(folder.names)
    return folder


def lay_out(folder, path, names, content):
    """Makes it a real one at `path`: with what `names` and `content` say of each."""
    path.mkdir(mode=0o700)
    for name, its in names(folder).items():
        if isinstance(its, Folder):
            lay_out(its, path / name, names, content)
        else:
            (path / name).touch(mode=0o600)
            (path / name).write_bytes(content(its))


def torn(file):
    """Half of what was written since its fsync."""
    return file.content[:(len(file.synced) + len(file.content)) // 2] if file.content != file.synced \
        else file.synced


# What may be there: how names are taken, how contents
POWER_CUTS = {
    "all": (lambda folder: folder.names, lambda file: file.content),
    "only what was synced": (lambda folder: folder.synced, lambda file: file.synced),
    "names before contents": (lambda folder: folder.names, lambda file: file.synced),
    "torn": (lambda folder: folder.names, torn),
}


class Disk:
    """The folder `root`, and what system calls do to it."""

    def __init__(self, root):
        self.root, self.tree, self.open = pathlib.Path(root), loaded(pathlib.Path(root)), {}

    def play(self, line):
        """One line of strace -xx; whether it changed anything."""
        call = CALL.match(line)
        if not call or int(call["result"]) < 0:
            return False
        strings = [bytes.fromhex(text.replace("\\x", "")) for text in HEX.findall(call["words"])]
        numbers = re.findall(r"(?:^|, )(-?\d+|AT_FDCWD)", HEX.sub("", call["words"]))
        play = getattr(self, "on_" + call["name"].removesuffix("at2").removesuffix("at"), None)
        return bool(play and play(numbers, strings, call))

    def path(self, fd, name):
        """Below the root: parts; None if it is elsewhere."""
        path = pathlib.Path(os.fsdecode(name))
        if not path.is_absolute():
            if fd not in self.open:
                return None
            path = self.open[fd][0] / path
        path = pathlib.Path(os.path.normpath(path))
        return path if path.is_relative_to(self.root) else None

    def folder_of(self, path):
        folder = self.tree
        for part in path.parent.relative_to(self.root).parts:
            folder = folder.names[part]
        return folder

    def find(self, path):
        return self.tree if path == self.root else self.folder_of(path).names.get(path.name)

    def on_open(self, numbers, strings, call):
        path = self.path(numbers[0] if call["name"] == "openat" else None, strings[0])
        self.open.pop(call["result"], None)
        if path is None:
            return False
        is_new = self.find(path) is None
        if is_new:
            self.folder_of(path).names[path.name] = File()
        elif "O_TRUNC" in call["words"]:
            self.find(path).content = b""
        self.open[call["result"]] = (path, self.find(path))
        return is_new

    def on_close(self, numbers, *_):
        self.open.pop(numbers[0], None)

    def on_write(self, numbers, strings, call):
        if numbers[0] not in self.open:
            return False
        assert len(strings[0]) == int(call["result"]), "strace has cut it off"
        self.open[numbers[0]][1].content += strings[0]
        return True

    def on_fsync(self, numbers, *_):
        if numbers[0] not in self.open:
            return False
        its = self.open[numbers[0]][1]
        if isinstance(its, Folder):
            its.synced = dict(its.names)
        else:
            its.synced = its.content
        return True

    on_fdatasync = on_fsync

    def on_rename(self, _, strings, __):
        source, target = self.path(None, strings[0]), self.path(None, strings[1])
        if source is None or target is None:
            return False
        self.folder_of(target).names[target.name] = self.folder_of(source).names.pop(source.name)
        return True

    def on_unlink(self, numbers, strings, call):
        path = self.path(numbers[0] if call["name"] == "unlinkat" else None, strings[0])
        return path is not None and self.folder_of(path).names.pop(path.name, None) is not None

    on_rmdir = on_unlink

    def on_mkdir(self, numbers, strings, call):
        path = self.path(numbers[0] if call["name"] == "mkdirat" else None, strings[0])
        if path is None:
            return False
        self.folder_of(path).names[path.name] = Folder()
        return True


def after_every_call(root, lines, folder):
    """After each call that changes something, and for each power cut: (call, cut, a folder that was made so)."""
    disk, number = Disk(root), itertools.count()
    for line in lines:
        if disk.play(line):
            for cut, (names, content) in POWER_CUTS.items():
                made = folder / f"cut{next(number)}"
                lay_out(disk.tree, made, names, content)
                yield line[:40], cut, made
