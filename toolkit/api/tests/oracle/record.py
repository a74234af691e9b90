#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what a kube-apiserver says to the definitions and writes of schema/*.json, in place.

usage: record.py --server https://127.0.0.1:PORT --token TOKEN FILE...

A file is a list of cases. A case has `schema` (the openAPIV3Schema of the one version), maybe `version` (other parts of
the version, merged into it), and `writes`: `verb` (create, update, status), `object` (without type; `metadata.name` is
the identity), maybe `fieldValidation`; `plant` stores an object while the kind accepts anything (such writes come
first and get no answer). The recorder adds `registration` (causes, if the definition is refused) and to
every write `answer`: code, message (unless 422), causes, warnings, stored.
"""
import argparse, concurrent.futures, json, ssl, time, urllib.request, uuid

parser = argparse.ArgumentParser()
parser.add_argument('--server', required=True)
parser.add_argument('--token', required=True)
parser.add_argument('files', nargs='+')
args = parser.parse_args()
context = ssl._create_unverified_context()


def call(method, path, body=None):
    request = urllib.request.Request(args.server + path, method=method, data=body and json.dumps(body).encode())
    request.add_header('Authorization', 'Bearer ' + args.token)
    request.add_header('Content-Type', 'application/json')
    try:
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read()
        try:
            return error.code, error.headers, json.loads(text)
        except ValueError:
            return error.code, error.headers, {}


def causes(body):
    found = (body.get('details') or {}).get('causes') or []
    return sorted(([c['reason'], c['field'], c['message']] for c in found), key=lambda c: (c[1], c[2]))


def unquote(text):
    text = text.encode('latin-1').decode()
    return text[text.index('"') + 1:-1].replace('\\"', '"').replace('\\\\', '\\')


def swap(group, schema):
    path = f'/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}'
    for _ in range(20):
        crd = call('GET', path)[2]
        crd['spec']['versions'][0]['schema']['openAPIV3Schema'] = schema
        if call('PUT', path, crd)[0] == 200:
            break
    time.sleep(3)


def record(case):
    group = f'g{uuid.uuid4().hex[:10]}.example.com'
    version = {'name': 'v1', 'served': True, 'storage': True, 'schema': {'openAPIV3Schema': case['schema']},
               'subresources': {'status': {}}} | case.get('version', {})
    crd = {'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition',
           'metadata': {'name': f'widgets.{group}'},
           'spec': {'group': group, 'scope': 'Namespaced', 'names': {'kind': 'Widget', 'plural': 'widgets'},
                    'versions': [version]}}
    code, _, body = call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd)
    case.pop('registration', None)
    if code != 201:
        case['registration'] = [[r, f, m.replace(group, 'example.com')] for r, f, m in causes(body)] or body.get('message')
        case['writes'] = []
        return
    base = f'/apis/{group}/v1/namespaces/default/widgets'
    for _ in range(300):
        if call('GET', base)[0] == 200:
            break
        time.sleep(0.1)
    time.sleep(0.3)
    planted = [write for write in case['writes'] if write['verb'] == 'plant']
    if planted:
        swap(group, {'type': 'object', 'x-kubernetes-preserve-unknown-fields': True})
        for write in planted:
            sent = {'apiVersion': f'{group}/v1', 'kind': 'Widget'} | write['object']
            code, _, body = call('POST', base, sent)
            assert code == 201, body
            if 'status' in sent:
                code, _, body = call('PUT', f"{base}/{sent['metadata']['name']}/status", body | {'status': sent['status']})
                assert code == 200, body
        swap(group, case['schema'])
    for write in case['writes']:
        if write['verb'] == 'plant':
            continue
        name = write['object']['metadata']['name']
        sent = {'apiVersion': f'{group}/v1', 'kind': 'Widget'} | write['object']
        query = f"?fieldValidation={write.get('fieldValidation', 'Warn')}"
        if write['verb'] == 'create':
            code, headers, body = call('POST', base + query, sent)
        else:
            live = call('GET', f'{base}/{name}')[2]
            sent = sent | {'metadata': sent['metadata'] | {'resourceVersion': live.get('metadata', {}).get('resourceVersion', '1')}}
            suffix = '/status' if write['verb'] == 'status' else ''
            code, headers, body = call('PUT', f'{base}/{name}{suffix}{query}', sent)
        answer = {'code': code, 'causes': causes(body)}
        if code not in (200, 201, 422):
            answer['message'] = body.get('message', '').replace(group, 'example.com')
        answer['warnings'] = sorted(unquote(text) for text in headers.get_all('Warning') or [])
        if code in (200, 201):
            stored = call('GET', f'{base}/{name}')[2]
            stored = {key: value for key, value in stored.items() if key not in ('apiVersion', 'kind')}
            for key in ('uid', 'creationTimestamp', 'resourceVersion', 'managedFields', 'generation', 'namespace'):
                stored['metadata'].pop(key, None)
            answer['stored'] = stored
        write['answer'] = json.loads(json.dumps(answer).replace(group, 'example.com'))
    call('DELETE', f'/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}')


for path in args.files:
    cases = json.load(open(path))
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        list(pool.map(record, cases))
    with open(path, 'w') as file:
        json.dump(cases, file, indent=1, ensure_ascii=True)
        file.write('\n')
