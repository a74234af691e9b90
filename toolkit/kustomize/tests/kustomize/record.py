#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what kubectl makes of the vectors: record.py KUBECTL [VECTOR…]

A vector is a text file of sections `-- path --`. The target is the directory of the first section. The last section, `-- output --` or
`-- error --`, is written here. Recorded with kubectl 1.37.1 (kustomize 5.8.1).
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
for vector in sys.argv[2:] or sorted(glob.glob(os.path.join(here, 'vectors', '*.txt'))):
    text = open(vector, encoding='utf-8').read()
    text = re.split(r'^-- (?:output|error) --\n', text, flags=re.M)[0]
    parts = re.split(r'^-- (\S+) --\n', text, flags=re.M)
    files = list(zip(parts[1::2], parts[2::2]))
    with tempfile.TemporaryDirectory() as root:
        for path, content in files:
            os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as out:
                out.write(content)
        target = os.path.dirname(files[0][0]) or '.'
        done = subprocess.run([sys.argv[1], 'kustomize', target], cwd=root, capture_output=True, text=True)
        lines = [line for line in done.stderr.split('\n') if not line.startswith('# Warning')]
        said = '\n'.join(lines).replace(os.path.realpath(root), '')
    with open(vector, 'w', encoding='utf-8') as out:
        out.write(text)
        out.write('-- output --\n' + done.stdout if done.returncode == 0 else '-- error --\n' + said)
