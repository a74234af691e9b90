#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the numbers of the fields of Kubernetes messages, from the generated.proto files of the Go modules.

usage: protobuf.py MODULES VERSION OUT      MODULES holds k8s.io/api@VERSION and k8s.io/apimachinery@VERSION

The result is gzipped JSON: message name to [[number, name, kind, type], …]; kind is v (one value), r (repeated) or m (map; the
type is that of the values, keys are strings).
"""
import gzip, json, re, sys
from pathlib import Path

SKIPPED = re.compile(r'(alpha|beta|/resource/|/imagepolicy/|/flowcontrol/|/certificates/|/node/|/storagemigration/|/scheduling/)')
MESSAGE = re.compile(r'^message (\w+) \{\n(.*?)^\}', re.M | re.S)
FIELD = re.compile(r'^  (optional|repeated) ([\w.]+) (\w+) = (\d+)', re.M)
MAP = re.compile(r'^  map<string, ?([\w.]+)> (\w+) = (\d+)', re.M)
SCALARS = {'string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'}


def main():
    root, version, out = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    messages = {}
    for module in ('api', 'apimachinery'):
        base = root / ('%s@%s' % (module, version))
        for path in sorted(base.rglob('generated.proto')):
            if SKIPPED.search(str(path.relative_to(base))):
                continue
            text = re.sub(r'//[^\n]*', '', path.read_text())
            package = re.search(r'^package ([\w.]+);', text, re.M).group(1)

            def full(name):
                if name in SCALARS:
                    return name
                if name.startswith('.'):
                    return name[1:]
                return name if '.' in name else '%s.%s' % (package, name)

            for name, body in MESSAGE.findall(text):
                fields = [[int(n), f, 'r' if k == 'repeated' else 'v', full(t)] for k, t, f, n in FIELD.findall(body)]
                fields += [[int(n), f, 'm', full(t)] for t, f, n in MAP.findall(body)]
                messages['%s.%s' % (package, name)] = sorted(fields)
    names = sorted(messages)
    data = json.dumps({n: messages[n] for n in names}, separators=(',', ':'))
    with open(out, 'wb') as handle, gzip.GzipFile(fileobj=handle, mode='wb', mtime=0, filename='') as packed:
        packed.write(data.encode())
    print(len(names), 'messages')


main()
