#!/usr/bin/env python3
# The image of a container with files of this root, as a tar on standard output: image.py PATH... . Each file comes with the libraries that ldd
# finds for it and with all links on the way to it, since a library that is there twice is loaded twice. /tmp is for everybody, as ever.
# It must not know what the files are for.
import os
import subprocess
import sys
import tarfile


def libraries(paths):
    output = subprocess.run(["ldd", *paths], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "not found" in output:
        sys.exit(output)
    return {word for line in output.splitlines() if line.startswith("\t") for word in line.split() if word.startswith("/")}


def links_and_file(path):
    """Each link that is met on the way along the path, and what it leads to."""
    at, names = "/", path.split("/")
    while names:
        name = names.pop(0)
        step = os.path.normpath(os.path.join(at, name))
        if not os.path.islink(step):
            at = step
            continue
        yield step
        target = os.readlink(step)
        at = "/" if target.startswith("/") else at
        names = target.split("/") + names
    yield at


def folder_for_everybody(name):
    folder = tarfile.TarInfo(name)
    folder.type = tarfile.DIRTYPE
    folder.mode = 0o1777
    return folder


def main():
    paths = sys.argv[1:]
    files = {step for path in {*paths, *libraries(paths)} for step in links_and_file(path)}
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as image:
        image.addfile(folder_for_everybody("tmp"))
        for file in sorted(files):
            image.add(file)


if __name__ == "__main__":
    main()
