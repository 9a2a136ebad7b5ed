package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// file is one entry of a file list.
type file struct {
	Name []byte `json:"name"`
	// Kind is regular (or empty), symlink, directory or other.
	Kind string `json:"kind"`
	Data []byte `json:"data"`
}

type listedFile struct{ f file }

func (l listedFile) Path() string                { return string(l.f.Name) }
func (l listedFile) Lstat() (os.FileInfo, error) { return listedInfo(l), nil }
func (l listedFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.f.Data)), nil
}

type listedInfo struct{ f file }

func (i listedInfo) Name() string       { return string(i.f.Name) }
func (i listedInfo) Size() int64        { return int64(len(i.f.Data)) }
func (i listedInfo) ModTime() time.Time { return time.Time{} }
func (i listedInfo) IsDir() bool        { return i.f.Kind == "directory" }
func (i listedInfo) Sys() any           { return nil }
func (i listedInfo) Mode() os.FileMode {
	switch i.f.Kind {
	case "symlink":
		return os.ModeSymlink
	case "directory":
		return os.ModeDir
	case "other":
		return os.ModeDevice
	}
	return 0
}

func listed(files []file) []zip.File {
	list := make([]zip.File, len(files))
	for i, f := range files {
		list[i] = listedFile{f}
	}
	return list
}

type fileError struct {
	Path  []byte `json:"path"`
	Error string `json:"error"`
}

type checkedFiles struct {
	Valid     [][]byte    `json:"valid"`
	Omitted   []fileError `json:"omitted"`
	Invalid   []fileError `json:"invalid"`
	SizeError bool        `json:"sizeError"`
}

func checked(cf zip.CheckedFiles) checkedFiles {
	c := checkedFiles{Valid: [][]byte{}, Omitted: []fileError{}, Invalid: []fileError{}, SizeError: cf.SizeError != nil}
	for _, v := range cf.Valid {
		c.Valid = append(c.Valid, []byte(v))
	}
	for _, o := range cf.Omitted {
		c.Omitted = append(c.Omitted, fileError{[]byte(o.Path), o.Err.Error()})
	}
	for _, i := range cf.Invalid {
		c.Invalid = append(c.Invalid, fileError{[]byte(i.Path), i.Err.Error()})
	}
	return c
}

// checkFiles returns the verdict on every file, also where the list as a whole is refused.
func checkFiles(r request) (any, error) {
	cf, _ := zip.CheckFiles(listed(r.Files))
	return checked(cf), nil
}

type hashedZip struct {
	H1  string `json:"h1"`
	Zip []byte `json:"zip"`
}

func createZip(r request) (any, error) {
	var buffer bytes.Buffer
	m := module.Version{Path: string(r.Args[0]), Version: string(r.Args[1])}
	if err := zip.Create(&buffer, m, listed(r.Files)); err != nil {
		return nil, err
	}
	h1, err := withFile(buffer.Bytes(), func(name string) (any, error) { return dirhash.HashZip(name, dirhash.Hash1) })
	if err != nil {
		return nil, err
	}
	return hashedZip{h1.(string), buffer.Bytes()}, nil
}

// checkZip does what the go command does with a downloaded zip: CheckZip, then h1 over all entries, then extraction.
func checkZip(r request) (any, error) {
	m := module.Version{Path: string(r.Args[0]), Version: string(r.Args[1])}
	return withFile(r.Args[2], func(name string) (any, error) {
		cf, err := zip.CheckZip(m, name)
		if err != nil {
			return nil, err
		}
		if err := cf.Err(); err != nil {
			return nil, err
		}
		h1, err := dirhash.HashZip(name, dirhash.Hash1)
		if err != nil {
			return nil, err
		}
		directory, err := os.MkdirTemp("", "godiff-unzip-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(directory)
		if err := zip.Unzip(directory, m, name); err != nil {
			return nil, fmt.Errorf("unzip: %w", err)
		}
		return h1, nil
	})
}

func withFile(data []byte, f func(name string) (any, error)) (any, error) {
	temp, err := os.CreateTemp("", "godiff-*.zip")
	if err != nil {
		return nil, err
	}
	defer os.Remove(temp.Name())
	if _, err := temp.Write(data); err != nil {
		return nil, err
	}
	if err := temp.Close(); err != nil {
		return nil, err
	}
	return f(temp.Name())
}
