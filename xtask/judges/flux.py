#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plays recorded Flux scenarios against our controllers and says where the resulting objects differ.

usage: flux.py --corpus DIR --kubeconfig FILE --kubectl PATH [--timeout S] [--show N] [SCENARIO...]

The controllers must be running against the cluster of FILE; this program serves Git at 127.0.0.1:18300 through
`git http-backend`. Of every snapshot are compared, for each GitRepository and Kustomization: conditions (type, status, reason,
message), observed generations, revisions, inventory, history, finalizers. Commit ids, times, durations, digests and temporary
paths are normalised. What the `flux` CLI did is done with kubectl (annotations and patches).
Last line: `same S differs D of N objects`.
"""
import argparse, base64, datetime, http.server, json, os, re, shutil, subprocess, sys, tempfile, threading, time
import yaml

PORT = 18300
KINDS = {"GitRepository": "gitrepositories.source.toolkit.fluxcd.io", "Kustomization": "kustomizations.kustomize.toolkit.fluxcd.io"}
ALIAS = {"ks": "Kustomization", "kustomization": "Kustomization", "source git": "GitRepository", "gitrepository": "GitRepository"}


class Backend(http.server.BaseHTTPRequestHandler):
    root = None
    def log_message(self, *a): pass
    def serve(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/private/"):
            if self.headers.get("Authorization") != "Basic " + base64.b64encode(b"git:secret").decode():
                self.send_response(401); self.send_header("WWW-Authenticate", 'Basic realm="git"'); self.end_headers(); self.wfile.write(b"authentication required\n"); return
            path = path[len("/private"):]
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while n := int(self.rfile.readline(), 16):
                body += self.rfile.read(n); self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        env = dict(os.environ, GIT_PROJECT_ROOT=self.root, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path, QUERY_STRING=query, REQUEST_METHOD=self.command,
                   CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)), GIT_PROTOCOL=self.headers.get("Git-Protocol", ""),
                   HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""), REMOTE_ADDR="127.0.0.1")
        out = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True).stdout
        head, _, rest = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for k, v in headers.items(): self.send_header(k, v)
        self.send_header("Content-Length", str(len(rest))); self.end_headers(); self.wfile.write(rest)
    do_GET = do_POST = serve


class Scenario:
    def __init__(self, folder, a, git_root):
        self.folder, self.a, self.git = folder, a, git_root
        self.name = os.path.basename(folder); self.shas = {}; self.problems = []; self.objects = 0; self.same = 0
        lines = open(folder + "/README.md").read().splitlines()
        self.ns = re.search(r"`(.*)`", lines[2]).group(1)
        self.steps = [l.split("s ", 1)[1] for l in lines if re.match(r"- t\+[\d.]+s ", l)]

    def kubectl(self, *args, stdin=None, check=True):
        p = subprocess.run([self.a.kubectl, "--kubeconfig", self.a.kubeconfig, *args], input=stdin, capture_output=True, text=True, timeout=120)
        if check and p.returncode: raise RuntimeError("kubectl %s: %s" % (" ".join(args), p.stderr.strip()))
        return p

    def get(self, kind, name, ns=None):
        p = self.kubectl("get", KINDS[kind], name, "-n", ns or self.ns, "-o", "json", check=False)
        return json.loads(p.stdout) if p.returncode == 0 else None

    def commit(self, repo, sha, message):
        index = [s for s in self.steps if s.startswith("commit ")].index(self.at)
        folders = sorted(f for f in os.listdir(self.folder + "/input") if re.match(r"\d+-commit-", f))
        source = os.path.join(self.folder, "input", folders[index]); work = os.path.join(self.git, "work-" + repo); bare = os.path.join(self.git, repo + ".git")
        run = lambda *c, cwd=work: subprocess.run(c, cwd=cwd, check=True, capture_output=True, text=True, env=dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null",
              GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@example", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@example")).stdout.strip()
        if not os.path.isdir(work):
            os.makedirs(work); run("git", "init", "-q", "-b", "main"); run("git", "init", "-q", "--bare", "-b", "main", bare, cwd=self.git)
            for option in ("uploadpack.allowReachableSHA1InWant", "uploadpack.allowAnySHA1InWant", "uploadpack.allowFilter"): run("git", "config", option, "true", cwd=bare)
        shutil.copytree(source, work, dirs_exist_ok=True, symlinks=True)
        removed = os.path.join(work, "REMOVED")
        if os.path.exists(removed):
            for f in open(removed).read().split(): os.path.lexists(os.path.join(work, f)) and os.remove(os.path.join(work, f))
            os.remove(removed)
        run("git", "add", "-A"); run("git", "commit", "-q", "--allow-empty", "-m", message); run("git", "push", "-q", bare, "main")
        self.shas[sha] = run("git", "rev-parse", "HEAD")
        if (m := re.match(r"version (\S+)$", message)):
            run("git", "tag", "v" + m.group(1)); run("git", "push", "-q", bare, "v" + m.group(1))
            if m.group(1) == "1.0.0": run("git", "tag", "-a", "annotated", "-m", "annotated"); run("git", "push", "-q", bare, "annotated")
        self.run_git = run; self.bare = bare

    def wait(self, kind, name, status, reason, message):
        end = time.time() + self.a.timeout; want = self.norm(message)[:60]; last = None
        while time.time() < end:
            o = self.get(kind, name); last = None
            for c in ((o or {}).get("status") or {}).get("conditions") or []:
                if c["type"] == "Ready": last = c
            if last and last["status"] == status and last["reason"] == reason and self.norm(last["message"])[:60] == want: return
            time.sleep(0.3)
        self.problems.append("%s: %s/%s never became Ready=%s %s %s; now %s" % (self.at[:40], kind, name, status, reason, message[:120], last and "%(status)s %(reason)s %(message)s" % last))

    def reconcile(self, kind, name, ns):
        at = datetime.datetime.now(datetime.timezone.utc).isoformat()
        if self.kubectl("annotate", "--overwrite", KINDS[kind], name, "-n", ns, "reconcile.fluxcd.io/requestedAt=" + at, check=False).returncode: return
        end = time.time() + min(self.a.timeout, 15)
        while time.time() < end:
            o = self.get(kind, name, ns) or {}
            if (o.get("spec") or {}).get("suspend") or (o.get("status") or {}).get("lastHandledReconcileAt") == at:
                ready = [c for c in o.get("status", {}).get("conditions", []) if c["type"] == "Ready"]
                if not ready or ready[0]["status"] != "Unknown": return
            time.sleep(0.2)

    def flux(self, line):
        m = re.match(r"flux (reconcile|suspend|resume|delete) (source git|ks|kustomization) (\S+)(.*?) -> exit (\d+)", line)
        if not m or m.group(3).startswith("-"): return
        verb, kind, name, rest = m.group(1), ALIAS[m.group(2)], m.group(3), m.group(4)
        ns = (re.search(r"-n (\S+)", rest) or [None, self.ns])[1]
        if verb == "reconcile":
            if "--with-source" in rest and (o := self.get(kind, name, ns)): self.reconcile("GitRepository", o["spec"]["sourceRef"]["name"], o["spec"]["sourceRef"].get("namespace", ns))
            self.reconcile(kind, name, ns)
        elif verb in ("suspend", "resume"):
            self.kubectl("patch", KINDS[kind], name, "-n", ns, "--type=merge", "-p", json.dumps({"spec": {"suspend": verb == "suspend" or None}}), check=False)
            if verb == "resume": time.sleep(1.5)
        else: self.kubectl("delete", KINDS[kind], name, "-n", ns, "--timeout=60s", check=False)

    def norm(self, text):
        for theirs, mine in self.shas.items(): text = text.replace(mine, theirs)
        text = re.sub(r"<workdir>|<tmp>|/[^\s:'\"]*/kustomization-[^\s/:'\"]+|/tmp/[^\s/:'\"]+", "", text)
        text = re.sub(r"\b\d+(\.\d+)?(ns|µs|ms|s|m|h)(\d+(\.\d+)?(ms|s|m))*\b", "<d>", text)
        return re.sub(r"sha256:[0-9a-f]{64}", "<digest>", text)

    def view(self, o):
        s = o.get("status") or {}; out = {"finalizers": o["metadata"].get("finalizers"), "deleting": "deletionTimestamp" in o["metadata"]}
        for c in s.get("conditions") or []:
            out["condition " + c["type"]] = [c["status"], c["reason"], self.norm(c["message"]), c.get("observedGeneration")]
        for key in ("observedGeneration", "lastAppliedRevision", "lastAttemptedRevision", "lastAppliedOriginRevision", "observedIgnore", "observedSparseCheckout", "observedInclude", "sourceVerificationMode", "observedRecurseSubmodules"):
            out[key] = self.norm(str(s[key])) if key in s else None
        if a := s.get("artifact"): out["artifact"] = [self.norm(a["revision"]), self.norm(a["path"]), self.norm(json.dumps(a.get("metadata"), sort_keys=True))]
        out["inventory"] = sorted("%(id)s %(v)s" % e for e in (s.get("inventory") or {}).get("entries") or [])
        out["history"] = [[h["digest"], h["lastReconciledStatus"], self.norm(json.dumps(h.get("metadata"), sort_keys=True))] for h in s.get("history") or []]
        return out

    def snapshot(self, label):
        for want in yaml.safe_load_all(open("%s/%s.yaml" % (self.folder, label))):
            if not isinstance(want, dict) or want.get("kind") not in KINDS: continue
            kind, name, ns = want["kind"], want["metadata"]["name"], want["metadata"].get("namespace")
            self.objects += 1; w = self.view(want); end = time.time() + 6; diff = None
            while True:
                got = self.get(kind, name, ns)
                if got is None: diff = {"object": ["present", "absent"]}
                else:
                    g = self.view(got); diff = {k: [w.get(k), g.get(k)] for k in sorted(set(w) | set(g)) if w.get(k) != g.get(k)}
                if not diff or time.time() > end: break
                time.sleep(0.5)
            if diff: self.problems += ["%s %s/%s %s:\n      theirs %s\n      ours   %s" % (label, kind, name, k, json.dumps(v[0]), json.dumps(v[1])) for k, v in diff.items()]
            else: self.same += 1

    def play(self):
        self.kubectl("create", "namespace", self.ns, check=False)
        for self.at in self.steps:
            if m := re.match(r"commit (\S+) ([0-9a-f]{40}): (.*)", self.at): self.commit(*m.groups())
            elif m := re.match(r"apply (input/\S+)", self.at):
                text = open(os.path.join(self.folder, m.group(1))).read()
                for theirs, mine in self.shas.items(): text = text.replace(theirs, mine)
                self.kubectl("apply", "-n", self.ns, "-f", "-", stdin=text, check=False)
            elif m := re.match(r"(gitrepository|kustomization)/(\S+) Ready=(\w+) (\w+): (.*)", self.at): self.wait(ALIAS[m.group(1)], *m.groups()[1:])
            elif m := re.match(r"snapshot (\S+)", self.at): self.snapshot(m.group(1))
            elif self.at.startswith("flux "): self.flux(self.at)
            elif m := re.match(r"branch (\S+) pushed", self.at): self.run_git("git", "push", "-q", self.bare, "main:" + m.group(1))
            elif m := re.match(r"requestedAt on (\w+)/(\S+)", self.at): self.reconcile(ALIAS[m.group(1)], m.group(2), self.ns)
            elif m := re.match(r"kubectl (scale|patch|label|annotate|delete) (.*) -> \d+$", self.at): self.kubectl(m.group(1), *m.group(2).split(" "), check=False)
        left = self.kubectl("get", ",".join(KINDS.values()), "-n", self.ns, "-o", "name", check=False).stdout.split()
        for name in left: self.kubectl("delete", "-n", self.ns, name, "--wait=false", check=False)


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--corpus", required=True); p.add_argument("--kubeconfig", required=True); p.add_argument("--kubectl", default="kubectl")
    p.add_argument("--timeout", type=float, default=40); p.add_argument("--show", type=int, default=1000); p.add_argument("scenarios", nargs="*")
    a = p.parse_args(); root = tempfile.mkdtemp(); Backend.root = root
    server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Backend); threading.Thread(target=server.serve_forever, daemon=True).start()
    same = total = 0
    for name in sorted(os.listdir(a.corpus)):
        folder = os.path.join(a.corpus, name)
        if not os.path.isdir(folder + "/input") or a.scenarios and not any(name.startswith(s) for s in a.scenarios): continue
        s = Scenario(folder, a, root)
        try: s.play()
        except Exception as error: s.problems.append("stopped at %r: %s" % (getattr(s, "at", ""), error))
        for problem in s.problems[:a.show]: print("  " + s.name + ": " + problem, flush=True)
        print("%s: same %d of %d objects" % (s.name, s.same, s.objects), flush=True)
        same += s.same; total += s.objects
    shutil.rmtree(root, ignore_errors=True)
    print("same %d differs %d of %d objects" % (same, total - same, total))
    sys.exit(0 if same == total else 1)


main()
