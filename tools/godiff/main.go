// Command godiff answers questions about Go modules with golang.org/x/mod, so that the differential tests can compare gomodkit's
// answers with Go's own. It reads one JSON request per line from standard input and writes one JSON answer per line, in order.
//
// Strings come as base64 of their bytes and go back as text.go says, because many of the interesting ones are not valid UTF-8.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
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
	Value any  `json:"value,omitempty"`
	Error text `json:"error,omitempty"`
}

type operation func(r request) (any, error)

var operations = map[string]operation{}

// register adds operations; each file has an init that lists its own.
func register(all map[string]operation) {
	for name, op := range all {
		operations[name] = op
	}
}

// strs wraps an operation over strings.
func strs(f func(a []string) (any, error)) operation {
	return func(r request) (any, error) {
		args := make([]string, len(r.Args))
		for i, arg := range r.Args {
			args[i] = string(arg)
		}
		return f(args)
	}
}

// values wraps an operation over strings that cannot fail.
func values(f func(a []string) any) operation {
	return strs(func(a []string) (any, error) { return f(a), nil })
}

func run(line []byte) (a answer) {
	defer func() {
		if p := recover(); p != nil {
			a = answer{Error: text(fmt.Sprint("panic: ", p))}
		}
	}()
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return answer{Error: text("request: " + err.Error())}
	}
	op, ok := operations[r.Op]
	if !ok {
		return answer{Error: text("request: unknown operation " + r.Op)}
	}
	value, err := op(r)
	if err != nil {
		return answer{Error: errorText(err)}
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
