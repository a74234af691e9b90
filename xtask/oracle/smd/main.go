// SPDX-License-Identifier: Apache-2.0

// Records what the Go managed-fields library does with random sequences of writes.
//
//	go run . -count 320 -seed 1 > ../../../reconcile/smd/tests/smd/random.jsonl.gz
//
// A line is one sequence: {"ops":[{"op","manager","force","version","object","out"|"error"}]}. An "object" is the request, "out" the object that is
// stored then; times are written as "T".
package main

import (
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

var widget []byte

const group = "example.test"

type versions struct{}

func (versions) Convert(in, out, context interface{}) error { return fmt.Errorf("not used") }
func (versions) ConvertFieldLabel(gvk schema.GroupVersionKind, label, value string) (string, string, error) {
	return label, value, nil
}
func (versions) ConvertToVersion(in runtime.Object, gv runtime.GroupVersioner) (runtime.Object, error) {
	object := in.DeepCopyObject().(*unstructured.Unstructured)
	kind, ok := gv.KindForGroupVersionKinds([]schema.GroupVersionKind{
		{Group: group, Version: "v1", Kind: "Widget"}, {Group: group, Version: "v2", Kind: "Widget"}})
	if !ok {
		return nil, runtime.NewNotRegisteredErrForTarget("oracle", nil, gv)
	}
	object.SetGroupVersionKind(kind)
	return object, nil
}
func (versions) Default(runtime.Object) {}
func (versions) New(kind schema.GroupVersionKind) (runtime.Object, error) {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(kind)
	return object, nil
}

type op struct {
	Op      string          `json:"op"`
	Manager string          `json:"manager"`
	Force   bool            `json:"force,omitempty"`
	Version string          `json:"version"`
	Object  json.RawMessage `json:"object"`
	Out     json.RawMessage `json:"out,omitempty"`
	Error   string          `json:"error,omitempty"`
}

func manager(version string) *managedfields.FieldManager {
	models := map[string]*spec.Schema{}
	for _, v := range []string{"v1", "v2"} {
		one := &spec.Schema{}
		if err := json.Unmarshal(widget, one); err != nil {
			panic(err)
		}
		if one.Extensions == nil {
			one.Extensions = spec.Extensions{}
		}
		one.Extensions["x-kubernetes-group-version-kind"] = []interface{}{map[string]interface{}{"group": group, "version": v, "kind": "Widget"}}
		models["Widget"+v] = one
	}
	types, err := managedfields.NewTypeConverter(models, false)
	if err != nil {
		panic(err)
	}
	kind := schema.GroupVersionKind{Group: group, Version: version, Kind: "Widget"}
	m, err := managedfields.NewDefaultCRDFieldManager(types, versions{}, versions{}, versions{}, kind, kind.GroupVersion(), "", nil)
	if err != nil {
		panic(err)
	}
	return m
}

func pick(r *rand.Rand, from ...interface{}) interface{} { return from[r.Intn(len(from))] }

func some(r *rand.Rand, max int, one func(i int) interface{}) interface{} {
	out := []interface{}{}
	for i, n := 0, r.Intn(max+1); i < n; i++ {
		out = append(out, one(i))
	}
	return out
}

func distinct(r *rand.Rand, from []interface{}, duplicates bool) interface{} {
	r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	out := append([]interface{}{}, from[:r.Intn(len(from)+1)]...)
	if duplicates && len(out) > 0 && r.Intn(6) == 0 {
		out = append(out, out[r.Intn(len(out))])
	}
	return out
}

func entries(r *rand.Rand, names ...string) map[string]interface{} {
	out := map[string]interface{}{}
	for _, name := range names {
		if r.Intn(2) == 0 {
			out[name] = pick(r, "1", "2")
		}
	}
	return out
}

func items(r *rand.Rand, duplicates bool) interface{} {
	out := []interface{}{}
	for _, name := range distinct(r, []interface{}{"a", "b", "c", "d"}, duplicates).([]interface{}) {
		item := map[string]interface{}{"name": name}
		if r.Intn(2) == 0 {
			item["v"] = pick(r, "1", "2")
		}
		if r.Intn(4) == 0 {
			item["tags"] = distinct(r, []interface{}{"x", "y"}, duplicates)
		}
		if r.Intn(4) == 0 {
			item["sub"] = some(r, 1, func(int) interface{} { return map[string]interface{}{"name": "s", "v": pick(r, "1", "2")} })
		}
		out = append(out, item)
	}
	return out
}

func ports(r *rand.Rand, duplicates bool) interface{} {
	out := []interface{}{}
	for _, n := range distinct(r, []interface{}{80, 81, 82}, duplicates).([]interface{}) {
		item := map[string]interface{}{"port": n}
		if r.Intn(3) > 0 {
			item["protocol"] = pick(r, "TCP", "UDP")
		}
		if r.Intn(2) == 0 {
			item["name"] = pick(r, "p", "q")
		}
		out = append(out, item)
	}
	return out
}

func free(r *rand.Rand) interface{} {
	return pick(r, map[string]interface{}{"k": pick(r, "1", []interface{}{"l"}, map[string]interface{}{"m": "1"}, nil)},
		map[string]interface{}{"k": "1", "o": pick(r, "1", 2, true)}, "text", []interface{}{"1", "2"}, map[string]interface{}{})
}

// object makes a Widget; an update may hold what an apply may not.
func object(r *rand.Rand, version string, live bool) map[string]interface{} {
	fields := map[string]func() interface{}{
		"a": func() interface{} { return pick(r, "1", "2", "3") }, "n": func() interface{} { return pick(r, 1, 2, 1.5) },
		"b": func() interface{} { return pick(r, true, false) }, "i": func() interface{} { return pick(r, 1, "1", "50%") },
		"set":  func() interface{} { return distinct(r, []interface{}{"a", "b", "c", "d"}, live) },
		"nums": func() interface{} { return distinct(r, []interface{}{1, 2, 1.5}, live) }, "map": func() interface{} { return items(r, live) },
		"ports": func() interface{} { return ports(r, live) }, "list": func() interface{} { return distinct(r, []interface{}{"a", "b"}, true) },
		"whole": func() interface{} { return entries(r, "x", "y") }, "gran": func() interface{} { return entries(r, "x", "y", "z") },
		"obj": func() interface{} { return entries(r, "x", "y") }, "free": func() interface{} { return free(r) },
	}
	spec := map[string]interface{}{}
	for _, name := range []string{"a", "b", "free", "gran", "i", "list", "map", "n", "nums", "obj", "ports", "set", "whole"} {
		if r.Intn(5) < 2 {
			spec[name] = fields[name]()
			if r.Intn(25) == 0 {
				spec[name] = nil
			}
		}
	}
	metadata := map[string]interface{}{"name": "a"}
	if r.Intn(4) == 0 {
		metadata["labels"] = entries(r, "x", "y")
	}
	out := map[string]interface{}{"apiVersion": group + "/" + version, "kind": "Widget", "metadata": metadata, "spec": spec}
	if r.Intn(12) == 0 {
		delete(out, "spec")
	}
	if r.Intn(40) == 0 {
		spec["nope"] = "1"
	}
	return out
}

func normalise(in interface{}) interface{} {
	raw, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	u := &unstructured.Unstructured{}
	if err := u.UnmarshalJSON(raw); err != nil {
		panic(err)
	}
	return u.Object
}

func timeless(in map[string]interface{}) []byte {
	u := &unstructured.Unstructured{Object: in}
	u = u.DeepCopy()
	if fields, ok, _ := unstructured.NestedSlice(u.Object, "metadata", "managedFields"); ok {
		for _, f := range fields {
			if entry := f.(map[string]interface{}); entry["time"] != nil {
				entry["time"] = "T"
			}
		}
		_ = unstructured.SetNestedSlice(u.Object, fields, "metadata", "managedFields")
	}
	raw, err := json.Marshal(u.Object)
	if err != nil {
		panic(err)
	}
	return raw
}

func sequence(r *rand.Rand, managers map[string]*managedfields.FieldManager) []op {
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(schema.GroupVersionKind{Group: group, Version: "v1", Kind: "Widget"})
	ops := []op{}
	for i, n := 0, 4+r.Intn(6); i < n; i++ {
		o := op{Op: "apply", Manager: fmt.Sprint("m", r.Intn(3)), Force: r.Intn(2) == 0, Version: "v1"}
		if r.Intn(4) == 0 {
			o.Op, o.Force = "update", false
		}
		if r.Intn(6) == 0 {
			o.Version = "v2"
		}
		request := normalise(object(r, o.Version, o.Op == "update")).(map[string]interface{})
		o.Object, _ = json.Marshal(request)
		at, _ := versions{}.ConvertToVersion(live, schema.GroupVersion{Group: group, Version: o.Version})
		var out runtime.Object
		var err error
		if o.Op == "apply" {
			out, err = managers[o.Version].Apply(at, &unstructured.Unstructured{Object: request}, o.Manager, o.Force)
		} else {
			out, err = managers[o.Version].Update(at, &unstructured.Unstructured{Object: request}, o.Manager)
		}
		if err != nil {
			o.Error = err.Error()
		} else {
			o.Out = timeless(out.(*unstructured.Unstructured).Object)
			live = out.(*unstructured.Unstructured)
			live.SetUID("u")
			o.Out = timeless(live.Object)
		}
		ops = append(ops, o)
	}
	return ops
}

func main() {
	count := flag.Int("count", 320, "sequences")
	seed := flag.Int64("seed", 1, "seed")
	file := flag.String("schema", "../../../reconcile/smd/tests/smd/widget.json", "schema of the objects")
	flag.Parse()
	var err error
	if widget, err = os.ReadFile(*file); err != nil {
		panic(err)
	}
	r := rand.New(rand.NewSource(*seed))
	managers := map[string]*managedfields.FieldManager{"v1": manager("v1"), "v2": manager("v2")}
	z, _ := gzip.NewWriterLevel(os.Stdout, 9)
	for i := 0; i < *count; i++ {
		line, err := json.Marshal(map[string]interface{}{"ops": sequence(r, managers)})
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(z, "%s\n", line)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
}
