// Command godiff answers questions about Go modules with golang.org/x/mod, so that the differential tests can compare gomodkit's
// answers with Go's own. It reads one JSON request per line from standard input and writes one JSON answer per line, in order.
//
// Strings travel as base64 of their bytes, because many of the interesting ones are not valid UTF-8.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// A request names an operation and its arguments.
type request struct {
	Op   string   `json:"op"`
	Args [][]byte `json:"args"`
	// Files is set for the operations about zips.
	Files []file `json:"files"`
}

// An answer carries what the operation returned, or the text of its error.
type answer struct {
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

type operation func(r request) (any, error)

// text wraps an operation over strings.
func text(f func(a []string) (any, error)) operation {
	return func(r request) (any, error) {
		args := make([]string, len(r.Args))
		for i, arg := range r.Args {
			args[i] = string(arg)
		}
		return f(args)
	}
}

func verdict(f func(string) error) operation {
	return text(func(a []string) (any, error) { return true, f(a[0]) })
}

func escape(f func(string) (string, error)) operation {
	return text(func(a []string) (any, error) { s, err := f(a[0]); return []byte(s), err })
}

var operations = map[string]operation{
	"checkPath":       verdict(module.CheckPath),
	"checkImportPath": verdict(module.CheckImportPath),
	"checkFilePath":   verdict(module.CheckFilePath),
	"escapePath":      escape(module.EscapePath),
	"unescapePath":    escape(module.UnescapePath),
	"escapeVersion":   escape(module.EscapeVersion),
	"unescapeVersion": escape(module.UnescapeVersion),
	"check":           text(func(a []string) (any, error) { return true, module.Check(a[0], a[1]) }),
	"splitPathVersion": text(func(a []string) (any, error) {
		prefix, major, ok := module.SplitPathVersion(a[0])
		return []any{[]byte(prefix), []byte(major), ok}, nil
	}),
	"matchPathMajor":      text(func(a []string) (any, error) { return module.MatchPathMajor(a[0], a[1]), nil }),
	"canonicalVersion":    text(func(a []string) (any, error) { return []byte(module.CanonicalVersion(a[0])), nil }),
	"matchPrefixPatterns": text(func(a []string) (any, error) { return module.MatchPrefixPatterns(a[0], a[1]), nil }),
	"semver": text(func(a []string) (any, error) {
		v := a[0]
		return []any{semver.IsValid(v), semver.Canonical(v), semver.Major(v), semver.MajorMinor(v), semver.Prerelease(v), semver.Build(v)}, nil
	}),
	"compare": text(func(a []string) (any, error) { return semver.Compare(a[0], a[1]), nil }),
	"pseudo":  text(pseudo),
	"build": text(func(a []string) (any, error) {
		t, err := time.Parse(time.RFC3339, a[2])
		if err != nil {
			return nil, err
		}
		return module.PseudoVersion(a[0], a[1], t, a[3]), nil
	}),
	"modulePath":   func(r request) (any, error) { return []byte(modfile.ModulePath(r.Args[0])), nil },
	"parse":        func(r request) (any, error) { return parsed(modfile.Parse("go.mod", r.Args[0], nil)) },
	"parseLax":     func(r request) (any, error) { return parsed(modfile.ParseLax("go.mod", r.Args[0], nil)) },
	"checkFiles":   checkFiles,
	"createZip":    createZip,
	"checkZip":     checkZip,
	"matchVersion": text(func(a []string) (any, error) { return module.IsPseudoVersion(a[0]), nil }),
}

// pseudo takes a version apart; each part has its own error.
func pseudo(a []string) (any, error) {
	v := a[0]
	if !module.IsPseudoVersion(v) {
		return false, nil
	}
	rev, err := module.PseudoVersionRev(v)
	if err != nil {
		return nil, err
	}
	base, baseErr := module.PseudoVersionBase(v)
	t, timeErr := module.PseudoVersionTime(v)
	stamp := ""
	if timeErr == nil {
		stamp = t.UTC().Format(time.RFC3339)
	}
	return map[string]any{"rev": rev, "base": base, "baseOk": baseErr == nil, "time": stamp}, nil
}

func run(line []byte) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: fmt.Sprint("panic: ", p)}
		}
	}()
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return answer{Error: "request: " + err.Error()}
	}
	op, ok := operations[r.Op]
	if !ok {
		return answer{Error: "request: unknown operation " + r.Op}
	}
	value, err := op(r)
	if err != nil {
		return answer{Error: strings.ToValidUTF8(err.Error(), "\uFFFD")}
	}
	return answer{Value: value}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			if encodeErr := encoder.Encode(run(line)); encodeErr != nil {
				fmt.Fprintln(os.Stderr, encodeErr)
				os.Exit(1)
			}
			// A batch is over when nothing more is buffered: answer before waiting for the next.
			if in.Buffered() == 0 {
				out.Flush()
			}
		}
		if err != nil {
			out.Flush()
			return
		}
	}
}
