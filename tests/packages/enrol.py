#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Put a certificate into a firmware's variables as a machine owner's key.

    enrol.py VARIABLES CERTIFICATE.der

VARIABLES is a file of OVMF's, which is changed. This is what MokManager leaves after somebody
at the console has said yes: a variable MokList, which only boot programs can read and write.
"""
import struct
import sys
import uuid

SHIM = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23").bytes_le
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le
STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le  # of authenticated variables
NON_VOLATILE, BOOTSERVICE_ACCESS = 1, 2
VARIABLE = struct.Struct("<HBxIQ16sIII16s")  # AUTHENTICATED_VARIABLE_HEADER
START, ADDED = 0x55AA, 0x3F


def signature_list(certificate):
    """EFI_SIGNATURE_LIST of one certificate."""
    size = 16 + len(certificate)
    return X509 + struct.pack("<III", 28 + size, 0, size) + SHIM + certificate


def free(flash):
    """The offset behind the last variable, and the store's end."""
    store = flash.index(STORE)
    end = store + struct.unpack_from("<I", flash, store + 16)[0]
    at = store + 28
    while struct.unpack_from("<H", flash, at)[0] == START:
        sizes = VARIABLE.unpack_from(flash, at)[6:8]
        at = (at + VARIABLE.size + sum(sizes) + 3) & ~3
    return at, end


def main():
    path, certificate = sys.argv[1:]
    with open(certificate, "rb") as file:
        data = signature_list(file.read())
    with open(path, "rb") as file:
        flash = bytearray(file.read())
    name = "MokList\0".encode("utf-16-le")
    record = VARIABLE.pack(START, ADDED, NON_VOLATILE | BOOTSERVICE_ACCESS, 0, bytes(16), 0,
                           len(name), len(data), SHIM) + name + data
    at, end = free(flash)
    if at + len(record) > end or flash[at:at + len(record)].strip(b"\xff"):
        sys.exit(f"enrol.py: {path}: no room behind the last variable")
    flash[at:at + len(record)] = record
    with open(path, "wb") as file:
        file.write(flash)


main()
