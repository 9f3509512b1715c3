#!/usr/bin/env python3
"""Takes the kernel itself out of a bzImage: vmlinux.py BZIMAGE FILE. QEMU starts it by PVH, and the guest need not unpack it first.

Fails where it is packed in a way other than zstd or gzip, or has no entry for PVH. It must not know what boots.
"""
import ctypes
import struct
import sys
import zlib

# Documentation/arch/x86/boot.rst
SETUP_SECTORS, PAYLOAD = 0x1F1, 0x248
ZSTD, GZIP = bytes.fromhex("28b52ffd"), bytes.fromhex("1f8b")
PT_NOTE, PHYS32_ENTRY = 4, 18  # elf.h; XEN_ELFNOTE_PHYS32_ENTRY


def unpacked(image):
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    start = (image[SETUP_SECTORS] + 1) * 512 + offset
    # The last four bytes are the length of what is packed.
    packed, size = image[start:start + length - 4], struct.unpack_from("<I", image, start + length - 4)[0]
    if packed.startswith(GZIP):
        return zlib.decompressobj(31).decompress(image[start:start + length])
    if not packed.startswith(ZSTD):
        sys.exit("packed in another way than zstd or gzip")
    zstd = ctypes.CDLL("libzstd.so.1")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t
    kernel = ctypes.create_string_buffer(size)
    if zstd.ZSTD_decompress(kernel, size, packed, len(packed)) != size:
        sys.exit("zstd cannot unpack it")
    return kernel.raw


def notes(elf):
    """The types and names of its notes."""
    start, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for at in range(start, start + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", elf, at)
        end = offset + length
        while kind == PT_NOTE and offset < end:
            name, data, of_kind = struct.unpack_from("<III", elf, offset)
            yield of_kind, elf[offset + 12:offset + 12 + name].rstrip(b"\0")
            offset += 12 + (name + 3 & ~3) + (data + 3 & ~3)


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as file:
        kernel = unpacked(file.read())
    if (PHYS32_ENTRY, b"Xen") not in notes(kernel):
        sys.exit("no entry for PVH")
    with open(sys.argv[2], "wb") as file:
        file.write(kernel)
