"""The files that the rules look at, by their names from the top."""
import os
import subprocess

OURS = ("core/", "port/", "board/", "config/", "test/")


class Tree:
    def __init__(self, files):
        self.files = files  # name -> text

    @classmethod
    def here(cls):
        """Everything that git tracks or would take."""
        listed = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"],
                                capture_output=True, check=False)
        if listed.returncode == 0:
            names = [name for name in listed.stdout.decode().split("\0") if name]
        else:
            names = walk()
        files = {}
        for name in sorted(set(names)):
            if os.path.isfile(name):
                with open(name, encoding="utf-8", errors="replace") as opened:
                    files[name] = opened.read()
        return cls(files)

    def c(self, *tops, suffix=(".c", ".h")):
        """(name, text) of the C files below the given folders."""
        return [(name, text) for name, text in self.files.items()
                if name.endswith(suffix) and name.startswith(tops or OURS)]


def walk():
    """The same for a copy that git does not know (an unpacked archive)."""
    names = []
    for folder, folders, files in os.walk("."):
        folders[:] = [name for name in folders if name not in (".git", "build", "__pycache__")]
        names += [os.path.relpath(os.path.join(folder, name)) for name in files]
    return names


def stem(name):
    return os.path.splitext(os.path.basename(name))[0]
