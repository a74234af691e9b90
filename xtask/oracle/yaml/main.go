// Records how Go's YAML libraries read and write our inputs.
//
//	go run . values < values.txt > ../../../toolkit/yaml/tests/oracle/values.jsonl
//	go run . emit < emit.jsonl > ../../../toolkit/yaml/tests/oracle/emit.jsonl
//	go run . random COUNT SEED > ../../../toolkit/yaml/tests/oracle/emit-random.jsonl
//	go run . scalars < scalars.txt > ../../../toolkit/yaml/tests/oracle/scalars.jsonl
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"os"
	"strconv"
	"strings"

	yaml3 "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func line(v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	must(e.Encode(v))
	os.Stdout.Write(b.Bytes())
}

type result struct {
	JSON  json.RawMessage `json:"json,omitempty"`
	Error string          `json:"error,omitempty"`
}

func v2(in string, strict bool) (r result) {
	defer rescue(&r)
	f := yaml.YAMLToJSON
	if strict {
		f = yaml.YAMLToJSONStrict
	}
	out, err := f([]byte(in))
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{JSON: out}
}

func v3(in string) (r result) {
	defer rescue(&r)
	var v any
	if err := yaml3.Unmarshal([]byte(in), &v); err != nil {
		return result{Error: err.Error()}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return result{Error: err.Error()}
	}
	return result{JSON: out}
}

func rescue(r *result) {
	if p := recover(); p != nil {
		*r = result{Error: fmt.Sprint("panic: ", p)}
	}
}

type value struct {
	In     string `json:"in"`
	V2     result `json:"v2"`
	Strict result `json:"strict"`
	V3     result `json:"v3"`
}

func values(inputs []string) {
	for _, in := range inputs {
		line(value{in, v2(in, false), v2(in, true), v3(in)})
	}
}

type emitted struct {
	JSON json.RawMessage `json:"json"`
	YAML string          `json:"yaml"`
}

func emit(in []byte) {
	out, err := yaml.JSONToYAML(in)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", in, err)
		return
	}
	line(emitted{in, string(out)})
}

// Pieces from which random texts are made: what the emitter looks at, and some words.
var pieces = []string{
	" ", " ", " ", "  ", "\n", "\n", "\n\n", "\t", "\r", ":", ": ", "#", " #", "-", "- ", "---", "...", "?", "? ", ",", "[", "]",
	"{", "}", "&a", "*a", "!", "!!str", "|", ">", "'", "\"", "%", "@", "`", "\\", "<<", "=", "~", "null", "true", "yes", "No",
	"on", "y", "0", "1", "12", "0x1F", "1e3", "1_000", ".5", "1:30", "2001-01-01", ".inf", "é", "日本", "\u00a0", "\u2028",
	"\ufeff", "😀", "\x01", "word", "longer", "something", "a", "b", "Z", "/", ".", "_", "+", "$(VAR)", "{{ .x }}",
}

func text(r *rand.Rand, most int) string {
	var b strings.Builder
	for n := 1 + r.Intn(most); n > 0; n-- {
		b.WriteString(pieces[r.Intn(len(pieces))])
	}
	return b.String()
}

func tree(r *rand.Rand, depth int) any {
	switch k := r.Intn(10); {
	case depth > 0 && k < 3:
		m := map[string]any{}
		for n := r.Intn(4); n > 0; n-- {
			m[text(r, 2)] = tree(r, depth-1)
		}
		return m
	case depth > 0 && k < 5:
		l := []any{}
		for n := r.Intn(4); n > 0; n-- {
			l = append(l, tree(r, depth-1))
		}
		return l
	case k == 5:
		return []any{nil, true, false, r.Intn(2000) - 1000, r.NormFloat64() * 1e3, r.Float64() * 1e-9, r.Float64() * 1e25}[r.Intn(7)]
	case k == 6:
		return text(r, 40)
	default:
		return text(r, 5)
	}
}

func main() {
	switch os.Args[1] {
	case "values":
		in, err := io.ReadAll(os.Stdin)
		must(err)
		values(strings.Split(strings.TrimSuffix(string(in), "\n%%%%\n"), "\n%%%%\n"))
	case "scalars":
		s := bufio.NewScanner(os.Stdin)
		var inputs []string
		for s.Scan() {
			inputs = append(inputs, s.Text())
		}
		values(inputs)
	case "emit":
		s := bufio.NewScanner(os.Stdin)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			emit(append([]byte{}, s.Bytes()...))
		}
	case "random":
		count, err := strconv.Atoi(os.Args[2])
		must(err)
		seed, err := strconv.ParseInt(os.Args[3], 10, 64)
		must(err)
		r := rand.New(rand.NewSource(seed))
		for ; count > 0; count-- {
			out, err := json.Marshal(tree(r, 3))
			must(err)
			emit(out)
		}
	}
}
