package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// Lists of files, directories and zips.

func init() {
	register(map[string]operation{"checkFiles": checkFiles, "checkDir": checkDir, "createZip": createZip, "checkZip": checkZip})
}

// file is one entry of a file list.
type file struct {
	Name []byte `json:"name"`
	// Kind is regular (or empty), symlink, directory or other.
	Kind string `json:"kind"`
	Data []byte `json:"data"`
	// Size is what the file says it has; the length of Data where it is missing.
	Size *int64 `json:"size"`
}

type listedFile struct{ f file }

func (l listedFile) Path() string                { return string(l.f.Name) }
func (l listedFile) Lstat() (os.FileInfo, error) { return listedInfo(l), nil }
func (l listedFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.f.Data)), nil
}

type listedInfo struct{ f file }

func (i listedInfo) Name() string       { return string(i.f.Name) }
func (i listedInfo) ModTime() time.Time { return time.Time{} }
func (i listedInfo) IsDir() bool        { return i.f.Kind == "directory" }
func (i listedInfo) Sys() any           { return nil }
func (i listedInfo) Size() int64 {
	if i.f.Size != nil {
		return *i.f.Size
	}
	return int64(len(i.f.Data))
}
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
	Path  text `json:"path"`
	Error text `json:"error"`
}

type checkedFiles struct {
	Valid     []text      `json:"valid"`
	Omitted   []fileError `json:"omitted"`
	Invalid   []fileError `json:"invalid"`
	SizeError text        `json:"sizeError"`
}

func fileErrors(list []zip.FileError) []fileError {
	out := make([]fileError, len(list))
	for i, e := range list {
		out[i] = fileError{text(e.Path), errorText(e.Err)}
	}
	return out
}

func checked(cf zip.CheckedFiles) checkedFiles {
	return checkedFiles{texts(cf.Valid), fileErrors(cf.Omitted), fileErrors(cf.Invalid), errorText(cf.SizeError)}
}

func moduleOf(r request) module.Version {
	return module.Version{Path: string(r.Args[0]), Version: string(r.Args[1])}
}

// checkFiles returns the verdict on every file, also where the list as a whole is refused.
func checkFiles(r request) (any, error) {
	cf, _ := zip.CheckFiles(listed(r.Files))
	return checked(cf), nil
}

// checkDir is checkFiles, h1 and the h1 of the zip for a directory on disk.
func checkDir(r request) (any, error) {
	directory := string(r.Args[2])
	cf, _ := zip.CheckDir(directory)
	h1, hashErr := dirhash.HashDir(directory, string(r.Args[0])+"@"+string(r.Args[1]), dirhash.Hash1)
	answer := map[string]any{"checked": checked(cf), "h1": h1, "hashOk": hashErr == nil, "zipH1": ""}
	var buffer bytes.Buffer
	if zip.CreateFromDir(&buffer, moduleOf(r), directory) == nil {
		zipH1, err := hashZip(buffer.Bytes())
		if err != nil {
			return nil, err
		}
		answer["zipH1"] = zipH1
	}
	return answer, nil
}

func hashZip(data []byte) (any, error) {
	return withFile(data, func(name string) (any, error) { return dirhash.HashZip(name, dirhash.Hash1) })
}

type hashedZip struct {
	H1  any    `json:"h1"`
	Zip []byte `json:"zip"`
}

func createZip(r request) (any, error) {
	var buffer bytes.Buffer
	if err := zip.Create(&buffer, moduleOf(r), listed(r.Files)); err != nil {
		return nil, err
	}
	h1, err := hashZip(buffer.Bytes())
	if err != nil {
		return nil, err
	}
	return hashedZip{h1, buffer.Bytes()}, nil
}

// zipVerdict is what the go command finds out about a downloaded zip. It accepts one that has an h1 and can be extracted.
type zipVerdict struct {
	// Checked is missing where the zip as a whole is refused.
	Checked  *checkedFiles `json:"checked"`
	H1       string        `json:"h1"`
	Unzipped bool          `json:"unzipped"`
	// Tree is the h1 of what was extracted.
	Tree    string `json:"tree"`
	Refusal text   `json:"refusal"`
}

// checkZip asks what the go command asks of a downloaded zip: names and sizes, then h1 over all entries, then extraction.
func checkZip(r request) (any, error) {
	m := moduleOf(r)
	return withFile(r.Args[2], func(name string) (any, error) {
		var v zipVerdict
		cf, err := zip.CheckZip(m, name)
		// An error about the zip as a whole comes with nothing checked, those about entries come in cf too.
		if err == nil || cf.Err() != nil {
			c := checked(cf)
			v.Checked = &c
		}
		if err != nil {
			v.Refusal = errorText(err)
			return v, nil
		}
		h1, hashErr := dirhash.HashZip(name, dirhash.Hash1)
		directory, err := os.MkdirTemp("", "godiff-unzip-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(directory)
		unzipErr := zip.Unzip(directory, m, name)
		v.H1, v.Unzipped, v.Refusal = h1, unzipErr == nil, errorText(errors.Join(hashErr, unzipErr))
		if v.Unzipped {
			v.Tree, err = dirhash.HashDir(directory, m.Path+"@"+m.Version, dirhash.Hash1)
		}
		return v, err
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
