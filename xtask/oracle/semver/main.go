// Records how Masterminds/semver reads versions and ranges, and which versions are in which ranges.
//
//	go run . > ../../../toolkit/semver/tests/oracle/semver.json
package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"

	"github.com/Masterminds/semver/v3"
)

type version struct {
	In     string `json:"in"`
	Loose  string `json:"loose,omitempty"`
	Error  string `json:"error,omitempty"`
	Strict string `json:"strict_error,omitempty"`
}

type constraint struct {
	In    string `json:"in"`
	Text  string `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
	// One digit for every four of the matrix versions: bit set = in the range.
	Matches string `json:"matches,omitempty"`
	// The same with pre-releases included.
	Prereleases string `json:"prereleases,omitempty"`
}

type output struct {
	Library     string       `json:"library"`
	Versions    []version    `json:"versions"`
	Matrix      []string     `json:"matrix"`
	Order       []string     `json:"order"`
	Constraints []constraint `json:"constraints"`
}

var texts = []string{
	"", "1", "v1", "1.2", "v1.2", "1.2.3", "v1.2.3", "V1.2.3", "vv1.2.3", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "00.0.0", "1.2.3-", "1.2.3+", "1.2.3-+", "1.2.3-rc", "1.2.3-rc.1",
	"1.2.3-rc.01", "1.2.3-rc..1", "1.2.3-01", "1.2.3-0", "1.2.3-0a", "1.2.3--", "1.2.3---", "1.2.3-rc.", "1.2.3-.rc", "1.2.3-rc+b", "1.2.3+b.1", "1.2.3+01", "1.2.3+b..1", "1.2.3+b+c", "1.2-rc", "1-rc", "1-rc+b", "1.2+b", "1+b",
	"1.2.3 ", " 1.2.3", "1. 2.3", "1..3", ".1.2", "1.", "1.2.", "1.2.3.", "a", "latest", "x", "1.x", "1.2.x", "*", "-1", "1.-2", "1.2.3-é", "é", "1.2.3_4", "1_2", "18446744073709551615.0.0", "18446744073709551616.0.0", "0.18446744073709551616.0", "0.0.18446744073709551616",
	"99999999999999999999", "1.2.3-99999999999999999999", "2024.01.05", "20240105", "1.2.3-alpha.beta.1", "1.2.3-ALPHA", "1.2.3-a-b", "1.2.3-a_b", "1.2.3\n", "1.2.3-rc\n", "\t1", "1.2.3-x+y.z-1", "v", "v.", "v-1", "1e3", "0x1", "+1", "1.2.3-+b", "1.2.3+-",
}

var matrix = []string{
	"0.0.0", "0.0.1", "0.0.2", "0.1.0", "0.1.1", "0.2.0", "0.2.3", "1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.2.2", "1.2.3", "1.2.4", "1.3.0", "1.9.9", "2.0.0", "2.0.1", "2.1.0", "2.3.4", "3.0.0", "10.0.0", "11.0.0", "11.1.0", "11.1.1", "11.2.0",
	"0.0.0-alpha", "0.0.1-0", "0.1.0-rc.1", "1.0.0-0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.1.0-rc.1", "1.2.0-alpha", "1.2.3-alpha", "1.2.3-beta", "1.2.3-rc.1", "1.2.4-alpha", "1.3.0-0", "2.0.0-alpha", "2.0.0-rc.1", "2.1.0-beta", "3.0.0-rc.1", "11.1.0-pre",
	"1.2.3+build", "1.2.3-beta+build", "2.0.0+a.b", "1.0.0-99999999999999999999", "1.0.0-a-b", "1.0.0-1", "1.0.0-10", "1.0.0-9", "v1.2.3", "1", "1.2",
}

var ranges = []string{
	"", " ", "*", "x", "X", "*.*", "x.x.x", "v*", "=*", "!=*", ">*", "<*", ">=*", "<=*", "~*", "^*", "~>*", "=>1", "=<1", "==1", "<>1", "><1", "!1", "! =1", "> =1", "^^1", "~~1", "~^1",
	"1.2.3", "=1.2.3", "= 1.2.3", "v1.2.3", "=v1.2.3", "1.2.3 || 2.0.0", "1.2.3||2.0.0", "1.2.3 ||", "|| 1.2.3", "||", "1|2", "1 | 2", "1.2.3, 2.0.0", ">=1.0.0, <2.0.0", ">=1.0.0 <2.0.0", ">=1.0.0,<2.0.0", ">=1.0.0<2.0.0", ">= 1.0.0 < 2.0.0", ">=1.0.0 , <2.0.0", ">=1.0.0 ,, <2.0.0", ",>=1", ">=1,", "1 2", "1 - 2", "1-2", "1 -2", "1- 2", "1.0.0 - 2.0.0", "1.2 - 2.3.4", "1.2.3 - 2", "1.2.3-alpha - 2.0.0", "1.0.0 - 2.0.0-rc.1", "1.0.0 - 2.0.0 || 3", "1 - 2 - 3", "1 - 2, !=1.2.3", "0.1.0 - 0.2.0 1.0.0 - 1.2.0", "v1 - v2", "x - 2", "1 - x", ">1 - 2",
	">=1.0.0-0", ">=1.0.0-0 <2.0.0-0", ">=1.0.0-alpha <1.0.0", ">1.0.0-beta", "<1.0.0-beta", "<=1.0.0-beta", "!=1.0.0-beta", "~1.0.0-beta", "^1.0.0-beta", "=1.0.0-beta", "1.0.0-beta", ">=1-0", "1-0", "1.x-0", "1.2.x-alpha", "~1.2-0", "^1-0", "^0-0", "*-0", ">=*-0", "x-alpha", "!=1.2-alpha", "!=1.2.x-alpha", "!=1-0", "<2-0", "<2.0.0-0", ">=1.0.0 <2.0.0-0 || 3", ">=0.0.0-0", ">= 1.2.3-beta+build",
	"1.2.3+build", "=1.2.3+other", ">=1.2.3+b", "1.2+b", "1.2.3+", "1.2.3-", "1.2.3-rc..1", "1.2.3-01", "1.2.3-rc.01", "01.2.3", "1.02", "1.2.3.4", "1.", "1..2", ".1", "a", "latest", "1.2.3a", "1.2.3 a", ">", "=", "<=", ">= x.1", "1.x.3", "1.*", "*.1", "1.2.*", "1.X.x", "xx", "x1", "1x", "1.2x", "**", "1**", "18446744073709551616", "1.2.3 >", "1.2.3 > 1", "1.2.3\n", "\t1.2.3", "1.2.3\u00a0", "1.0.0 || 2.x || ^3 || ~11.1", "<1 || >2", "!=1.2.3, !=1.2.4 ~1.2",
	"^1.2.3 || ^2 <3 || bad", ">= 1.2.3, < 2.0.0 || >= 3.0.0 < 4.0.0 || 11.1.x", "~1.2.3 !=1.2.4", ">=1.0.0 <=1.2", "<=1", "<=1.2", "<=1.x", "<=0", "<=0.0", ">0", ">0.0", ">0.1", ">1", ">1.2", ">11", ">11.1", ">11.x", "<1", "<1.2", "<11.1", ">=1", ">=1.2", ">=11.1", "!=1", "!=1.2", "!=1.x", "!=0", "!=0.0", "~1", "~1.2", "~1.2.3", "~0", "~0.0", "~0.0.0", "~0.0.1", "~0.1", "~0.1.0", "~>1.2", "~> 1.2.3", "~ 1", "^0", "^0.0", "^0.0.0", "^0.0.1", "^0.1", "^0.1.0", "^0.2.3", "^1", "^1.2", "^1.2.3", "^11.1", "^ 1.2", "0", "0.0", "0.0.0", "0.1", "1", "1.2", "1.0.0", "11.1", "=1", "=1.2", "=0", "=0.0",
}

func bits(f func(*semver.Version) bool) string {
	var b strings.Builder
	digit, width := 0, 0
	for _, m := range matrix {
		digit <<= 1
		if f(semver.MustParse(m)) {
			digit |= 1
		}
		if width++; width == 4 {
			fmt.Fprintf(&b, "%x", digit)
			digit, width = 0, 0
		}
	}
	if width > 0 {
		fmt.Fprintf(&b, "%x", digit<<(4-width))
	}
	return b.String()
}

func check(in string) constraint {
	c, err := semver.NewConstraint(in)
	if err != nil {
		return constraint{In: in, Error: err.Error()}
	}
	out := constraint{In: in, Text: c.String(), Matches: bits(c.Check)}
	c.IncludePrerelease = true
	if all := bits(c.Check); all != out.Matches {
		out.Prereleases = all
	}
	return out
}

func random(r *rand.Rand) string {
	pick := func(from ...string) string { return from[r.Intn(len(from))] }
	number := func() string { return pick("0", "0", "1", "1", "2", "3", "11", "x", "*", "X", "01") }
	one := func() string {
		v := pick("", "", "", "v") + number()
		for r.Intn(4) > 0 && strings.Count(v, ".") < 2 {
			v += "." + number()
		}
		if r.Intn(5) == 0 {
			v += pick("-0", "-alpha", "-rc.1", "-beta.2", "-1", "-01", "+b", "-a+b")
		}
		return v
	}
	var b strings.Builder
	for groups := 1 + r.Intn(2); groups > 0; groups-- {
		for n := 1 + r.Intn(3); n > 0; n-- {
			if r.Intn(6) == 0 {
				b.WriteString(one() + pick(" - ", " - ", "- ", "  -  ") + one())
			} else {
				b.WriteString(pick("", "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^") + pick("", "", " ") + one())
			}
			if n > 1 {
				b.WriteString(pick(" ", ", ", ",", "  ", " , ", ""))
			}
		}
		if groups > 1 {
			b.WriteString(pick(" || ", "||", " | ", "|| "))
		}
	}
	return b.String()
}

func main() {
	out := output{Library: "github.com/Masterminds/semver/v3 v3.5.0", Matrix: matrix}
	texts = append(texts, strings.Repeat("1", 257), "1.2.3-"+strings.Repeat("a", 250))
	for _, in := range texts {
		v := version{In: in}
		if parsed, err := semver.NewVersion(in); err != nil {
			v.Error = err.Error()
		} else {
			v.Loose = parsed.String()
		}
		if _, err := semver.StrictNewVersion(in); err != nil {
			v.Strict = err.Error()
		}
		out.Versions = append(out.Versions, v)
	}
	for _, a := range matrix {
		var b strings.Builder
		for _, o := range matrix {
			b.WriteByte("<=>"[semver.MustParse(a).Compare(semver.MustParse(o))+1])
		}
		out.Order = append(out.Order, b.String())
	}
	ranges = append(ranges, strings.Repeat("1 ", 257), strings.Repeat("1||", 31)+"1", strings.Repeat("1||", 32)+"1")
	r := rand.New(rand.NewSource(1))
	for n := 0; n < 700; n++ {
		ranges = append(ranges, random(r))
	}
	for _, in := range ranges {
		out.Constraints = append(out.Constraints, check(in))
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(out); err != nil {
		os.Exit(1)
	}
}
