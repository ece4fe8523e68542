#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""debian-apt.py ROOT ARCH [deb-src]: prepares a private apt root for another architecture below ROOT; deb-src: with the
indexes of sources too.

The host's apt and dpkg stay as they are: only its configuration (proxies, trusted keys, credentials) and its Debian
sources are read.  Prints the path of a configuration file to be used as `apt-get -c FILE ...`.  Signatures are checked
by apt itself with the keys that the host trusts.
"""

import glob
import os
import re
import sys


def os_release():
    with open("/etc/os-release", encoding="utf-8") as f:
        return dict(line.rstrip("\n").replace('"', "").split("=", 1) for line in f if "=" in line)


def stanzas(text):
    """deb822 stanzas as dictionaries with lower-case keys"""
    for block in re.split(r"\n\s*\n", text):
        fields, last = {}, None
        for line in block.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and last:
                fields[last] += "\n" + line
            elif ":" in line:
                last, value = line.split(":", 1)
                last = last.strip().lower()
                fields[last] = value.strip()
        if fields:
            yield fields


def one_line(text):
    """sources in the old one-line style, as the same dictionaries"""
    for line in text.splitlines():
        m = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if not m:
            continue
        fields = {"types": "deb", "uris": m[2], "suites": m[3], "components": m[4].strip()}
        for option in (m[1] or "").split():
            key, _, value = option.partition("=")
            fields[key.lower()] = value
        yield fields


def debian_sources(codename):
    wanted = re.compile(re.escape(codename) + r"(-updates|-security|/updates)?$")
    files = ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*"))
    for path in files:
        parse = stanzas if path.endswith(".sources") else one_line if path.endswith(".list") else None
        if not parse or not os.path.isfile(path):
            continue
        with open(path, encoding="utf-8") as f:
            for s in parse(f.read()):
                suites = [x for x in s.get("suites", "").split() if wanted.match(x)]
                if ("deb" not in s.get("types", "").split() or s.get("enabled", "yes").lower() == "no"
                        or "main" not in s.get("components", "").split() or not suites):
                    continue
                keep = {k: s[k] for k in ("uris", "signed-by", "trusted", "check-valid-until") if k in s}
                yield {"suites": " ".join(suites), "components": "main", **keep}


def main():
    if len(sys.argv) != 3 and sys.argv[3:] != ["deb-src"]:
        sys.exit(__doc__)
    root, arch = os.path.abspath(sys.argv[1]), sys.argv[2]
    release = os_release()
    sources = list(debian_sources(release.get("VERSION_CODENAME", "?")))
    if release.get("ID") != "debian" or not sources:
        sys.exit("debian-apt.py: no Debian package source found under /etc/apt")
    for d in ("lists/partial", "archives/partial", "sources.d", "preferences.d"):
        os.makedirs(f"{root}/{d}", exist_ok=True)
    with open(f"{root}/sources.d/debian.sources", "w", encoding="utf-8") as f:
        for s in sources:
            fields = {"types": " ".join(["deb", *sys.argv[3:]]), **s}
            f.write("".join(f"{k}: {v}\n" for k, v in fields.items()) + "\n")
    conf = f"{root}/apt.conf"
    with open(conf, "w", encoding="utf-8") as f:
        f.write(f'''#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "{root}";
Dir::State::status "/dev/null";
Dir::State::extended_states "{root}/extended_states";
Dir::State::lists "{root}/lists";
Dir::Cache "{root}";
Dir::Cache::archives "{root}/archives";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{root}/sources.d";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{root}/preferences.d";
Dir::Log "{root}";
''')
    print(conf)


main()
