// Gopeer does with golang.org/x/mod what bench/programs/worker.ts does with gomodkit, for `pnpm bench` to compare.
//
// It answers JSON lines: a request on standard input, its answer, or {"error": …}, on standard output. Every operation says how long
// it took; files read before are not counted. It ends with its input.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

type request struct {
	Op        string         `json:"op"`
	Module    module.Version `json:"module"`
	Directory string         `json:"directory"`
	File      string         `json:"file"`
	URL       string         `json:"url"`
	Key       string         `json:"key"`
	Lines     int            `json:"lines"`
	Warm      bool           `json:"warm"`
}

type answer struct {
	Milliseconds float64 `json:"milliseconds"`
	Size         int64   `json:"size,omitempty"`
	H1           string  `json:"h1,omitempty"`
	Error        string  `json:"error,omitempty"`
}

// A source is a file in memory.
type source struct {
	path string
	info fs.FileInfo
	data []byte
}

func (s source) Path() string                 { return s.path }
func (s source) Lstat() (fs.FileInfo, error)  { return s.info, nil }
func (s source) Open() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(s.data)), nil }

var trees = map[string][]zip.File{}

// filesOf reads the files of a directory, once.
func filesOf(directory string) ([]zip.File, error) {
	if files, ok := trees[directory]; ok {
		return files, nil
	}
	var files []zip.File
	err := filepath.WalkDir(directory, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		path, err := filepath.Rel(directory, name)
		files = append(files, source{filepath.ToSlash(path), info, data})
		return err
	})
	sort.Slice(files, func(i, j int) bool { return files[i].Path() < files[j].Path() })
	trees[directory] = files
	return files, err
}

type counter struct{ size int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.size += int64(len(p))
	return len(p), nil
}

func buildZip(r request) (answer, error) {
	files, err := filesOf(r.Directory)
	if err != nil {
		return answer{}, err
	}
	var out counter
	start := time.Now()
	err = zip.Create(&out, r.Module, files)
	return answer{Milliseconds: since(start), Size: out.size}, err
}

func hashZip(r request) (answer, error) {
	start := time.Now()
	h1, err := dirhash.HashZip(r.File, dirhash.Hash1)
	return answer{Milliseconds: since(start), H1: h1}, err
}

// verifyZip does what the go command does with a zip before it extracts it.
func verifyZip(r request) (answer, error) {
	start := time.Now()
	checked, err := zip.CheckZip(r.Module, r.File)
	if err == nil {
		err = checked.Err()
	}
	if err != nil {
		return answer{}, err
	}
	h1, err := dirhash.HashZip(r.File, dirhash.Hash1)
	return answer{Milliseconds: since(start), H1: h1}, err
}

func since(start time.Time) float64 { return float64(time.Since(start)) / float64(time.Millisecond) }

var operations = map[string]func(request) (answer, error){
	"buildZip":  buildZip,
	"hashZip":   hashZip,
	"verifyZip": verifyZip,
	"verify":    verifySums,
}

func run(line []byte) answer {
	var r request
	if err := json.Unmarshal(line, &r); err != nil {
		return answer{Error: "request: " + err.Error()}
	}
	operation, ok := operations[r.Op]
	if !ok {
		return answer{Error: "no such operation: " + r.Op}
	}
	a, err := operation(r)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return a
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		if err := out.Encode(run(in.Bytes())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
