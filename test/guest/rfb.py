# SPDX-License-Identifier: GPL-2.0-or-later
"""A VNC viewer (RFC 6143) for tests: the picture by raw rectangles, keys, the pointer, over a plain socket or a
WebSocket; and PNG files."""

import base64
import hashlib
import os
import socket
import struct
import zlib

from guest import Failure

RAW, DESKTOP_SIZE = 0, -223
NONE, VNC_AUTH = 1, 2


class Refused(Failure):
    """the server does not let us in"""


class Plain:
    def __init__(self, sock):
        self.sock = sock

    def send(self, data):
        self.sock.sendall(data)

    def receive(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise ConnectionError("the server hung up")
            data += part
        return bytes(data)


class WebSocket(Plain):
    """RFC 6455, binary frames; a client masks what it sends"""

    def __init__(self, sock, host):
        super().__init__(sock)
        key = base64.b64encode(os.urandom(16))
        self.sock.sendall(b"GET /websockify HTTP/1.1\r\nHost: " + host.encode() + b"\r\nUpgrade: websocket\r\n"
                          b"Connection: Upgrade\r\nOrigin: http://" + host.encode() + b"\r\n"
                          b"Sec-WebSocket-Key: " + key + b"\r\nSec-WebSocket-Protocol: binary\r\n"
                          b"Sec-WebSocket-Version: 13\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += super().receive(1)
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        if b" 101 " not in head or accept not in head:
            raise Refused(head.decode(errors="replace"))
        self.buffer = b""

    def send(self, data):
        mask = os.urandom(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        self.sock.sendall(b"\x82" + length + mask + bytes(b ^ mask[i & 3] for i, b in enumerate(data)))

    def receive(self, count):
        while len(self.buffer) < count:
            kind, length = super().receive(2)
            if length == 126:
                length = struct.unpack(">H", super().receive(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", super().receive(8))[0]
            data = super().receive(length)
            if kind & 0xf in (1, 2, 0):
                self.buffer += data
            elif kind & 0xf == 8:
                raise ConnectionError("the server hung up")
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data


def des_block(key, block):
    """one block of DES, by OpenSSL's library where Python has no DES of its own"""
    import ctypes
    import ctypes.util
    lib = ctypes.CDLL(ctypes.util.find_library("gcrypt") or "libgcrypt.so.20")
    handle = ctypes.c_void_p()
    lib.gcry_check_version(None)
    if lib.gcry_cipher_open(ctypes.byref(handle), 302, 1, 0):       # DES, ECB
        raise RuntimeError("no DES")
    lib.gcry_cipher_setkey(handle, key, ctypes.c_size_t(8))
    out = ctypes.create_string_buffer(8)
    lib.gcry_cipher_encrypt(handle, out, ctypes.c_size_t(8), block, ctypes.c_size_t(8))
    lib.gcry_cipher_close(handle)
    return out.raw


class Viewer:
    def __init__(self, address, password=None, websocket=False, timeout=60):
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.sock = socket.socket(family)
        self.sock.settimeout(timeout)
        self.sock.connect(address)
        self.link = WebSocket(self.sock, f"{address[0]}:{address[1]}") if websocket else Plain(self.sock)
        self.width = self.height = 0
        self.pixels = bytearray()       # four bytes each: blue, green, red, nothing
        self.handshake(password)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def get(self, form):
        return struct.unpack(form, self.link.receive(struct.calcsize(form)))

    def handshake(self, password):
        version = self.link.receive(12)
        if version[:4] != b"RFB ":
            raise Refused(version)
        self.link.send(b"RFB 003.008\n")
        kinds = self.link.receive(self.get("B")[0])
        if password is not None and VNC_AUTH in kinds:
            self.link.send(bytes([VNC_AUTH]))
            challenge = self.link.receive(16)
            key = bytes(int(f"{b:08b}"[::-1], 2) for b in password.encode()[:8].ljust(8, b"\0"))
            self.link.send(des_block(key, challenge[:8]) + des_block(key, challenge[8:]))
        elif NONE in kinds:
            self.link.send(bytes([NONE]))
        else:
            raise Refused(f"security types {list(kinds)}")
        if self.get(">I")[0]:
            raise Refused("wrong password")
        self.link.send(b"\x01")
        width, height = self.get(">HH")
        self.get("16s")
        self.name = self.link.receive(self.get(">I")[0]).decode()
        self.resize(width, height)
        self.link.send(struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.link.send(struct.pack(">BxHii", 2, 2, RAW, DESKTOP_SIZE))

    def resize(self, width, height):
        self.width, self.height = width, height
        self.pixels = bytearray(width * height * 4)

    def request(self, incremental=True):
        self.link.send(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def rectangle(self):
        x, y, w, h, encoding = self.get(">HHHHi")
        if encoding == DESKTOP_SIZE:
            self.resize(w, h)
            return False
        if encoding != RAW:
            raise ConnectionError(f"encoding {encoding}")
        data = self.link.receive(w * h * 4)
        for row in range(h):
            at = ((y + row) * self.width + x) * 4
            self.pixels[at:at + w * 4] = data[row * w * 4:(row + 1) * w * 4]
        return True

    def update(self, incremental=True):
        """the next update; waits for one"""
        self.request(incremental)
        while True:
            kind = self.get("B")[0]
            if kind == 0:
                count = self.get(">xH")[0]
                if [self.rectangle() for _ in range(count)] != [False]:
                    return
                self.request(False)
            elif kind == 3:
                self.link.receive(self.get(">xxxI")[0])
            elif kind != 2:
                raise ConnectionError(f"message {kind}")

    def key(self, symbol, down=None):
        """down None: pressed and let go"""
        for d in ([True, False] if down is None else [down]):
            self.link.send(struct.pack(">BBxxI", 4, d, symbol))

    def type(self, text):
        for c in text:
            shift = c.isupper() or c in '!@#$%^&*()_+{}|:"<>?~'
            if shift:
                self.key(0xffe1, True)
            self.key(0xff0d if c == "\n" else ord(c))
            if shift:
                self.key(0xffe1, False)

    def pointer(self, x, y, buttons=0):
        self.link.send(struct.pack(">BBHH", 5, buttons, x, y))

    def pixel(self, x, y):
        b, g, r = self.pixels[(y * self.width + x) * 4:][:3]
        return r << 16 | g << 8 | b

    def write_png(self, path):
        rgb = bytearray(self.width * self.height * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = self.pixels[2::4], self.pixels[1::4], self.pixels[0::4]
        write_png(path, self.width, self.height, bytes(rgb))


def write_png(path, width, height, rgb):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + rgb[y * width * 3:(y + 1) * width * 3] for y in range(height))
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def read_png(path):
    """width, height and RGB bytes of a file with eight bits a channel, no alpha and no interlacing"""
    with open(path, "rb") as f:
        data = f.read()
    at, body, head = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            head = struct.unpack_from(">IIBBBBB", data, at + 8)
        elif kind == b"IDAT":
            body += data[at + 8:at + 8 + length]
        at += 12 + length
    width, height = head[:2]
    assert data[:4] == b"\x89PNG" and head[2:] == (8, 2, 0, 0, 0), head
    raw, pitch, rows = zlib.decompress(body), width * 3, []
    before = bytearray(pitch)
    for y in range(height):
        kind, row = raw[y * (pitch + 1)], bytearray(raw[y * (pitch + 1) + 1:(y + 1) * (pitch + 1)])
        for i in range(pitch if kind else 0):
            left, up, corner = (row[i - 3] if i > 2 else 0), before[i], (before[i - 3] if i > 2 else 0)
            guess = left + up - corner
            paeth = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            row[i] = row[i] + (0, left, up, left + up >> 1, paeth)[kind] & 255
        rows.append(bytes(row))
        before = row
    return width, height, b"".join(rows)
