package main

import (
	"encoding/json"
	"fmt"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Formatting and editing of go.mod and go.work files.

func init() {
	register(map[string]operation{
		"format":     func(r request) (any, error) { return formatted(modfile.Parse("go.mod", r.Args[0], nil)) },
		"formatLax":  func(r request) (any, error) { return formatted(modfile.ParseLax("go.mod", r.Args[0], nil)) },
		"formatWork": func(r request) (any, error) { return formattedWork(modfile.ParseWork("go.work", r.Args[0], nil)) },
		"parseWork":  func(r request) (any, error) { return parsedWork(modfile.ParseWork("go.work", r.Args[0], nil)) },
		// They take the text of a file, and steps.
		"editMod":  func(r request) (any, error) { return edit(&modFile{}, r.Args[0], r.Args[1]) },
		"editWork": func(r request) (any, error) { return edit(&workFile{}, r.Args[0], r.Args[1]) },
	})
}

func formatted(f *modfile.File, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return text(modfile.Format(f.Syntax)), nil
}

func formattedWork(f *modfile.WorkFile, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return text(modfile.Format(f.Syntax)), nil
}

// goWork is what a parsed go.work says, without syntax.
type goWork struct {
	Go        text          `json:"go"`
	Toolchain text          `json:"toolchain"`
	Godebug   []keyValue    `json:"godebug"`
	Use       []text        `json:"use"`
	Replace   []replacement `json:"replace"`
}

func parsedWork(f *modfile.WorkFile, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	w := goWork{Godebug: []keyValue{}, Use: []text{}, Replace: []replacement{}}
	if f.Go != nil {
		w.Go = text(f.Go.Version)
	}
	if f.Toolchain != nil {
		w.Toolchain = text(f.Toolchain.Name)
	}
	for _, g := range f.Godebug {
		w.Godebug = append(w.Godebug, keyValue{text(g.Key), text(g.Value)})
	}
	for _, u := range f.Use {
		w.Use = append(w.Use, text(u.Path))
	}
	for _, r := range f.Replace {
		w.Replace = append(w.Replace, replacement{pairOf(r.Old), pairOf(r.New)})
	}
	return w, nil
}

// A step is the name of an edit and its arguments.
type step []string

// edited is what a file became, and what each step said.
type edited struct {
	// Texts has the file at each step named "format", which cleans up, or "print", which does not, and at the end.
	Texts  []text `json:"texts"`
	Errors []text `json:"errors"`
}

// A file that is edited.
type editedFile interface {
	// do does one edit.
	do(name string, args []string) error
	Cleanup()
	print() []byte
	// read reads the file anew from its text.
	read(data []byte) error
}

// edit does the steps in the JSON list.
func edit(f editedFile, data, steps []byte) (any, error) {
	if err := f.read(data); err != nil {
		return nil, err
	}
	var list []step
	if err := json.Unmarshal(steps, &list); err != nil {
		return nil, err
	}
	e := edited{Texts: []text{}, Errors: []text{}}
	for _, s := range append(list, step{"format"}) {
		switch s[0] {
		case "format":
			f.Cleanup()
			e.Texts = append(e.Texts, text(f.print()))
		case "print":
			e.Texts = append(e.Texts, text(f.print()))
		case "cleanup":
			f.Cleanup()
		case "reread":
			f.Cleanup()
			if err := f.read(f.print()); err != nil {
				return nil, err
			}
		default:
			e.Errors = append(e.Errors, errorText(f.do(s[0], s[1:])))
		}
	}
	return e, nil
}

type modFile struct{ *modfile.File }

func (f *modFile) print() []byte                    { return modfile.Format(f.Syntax) }
func (f *modFile) do(name string, a []string) error { return modStep(f.File, name, a) }
func (f *modFile) read(data []byte) (err error) {
	f.File, err = modfile.Parse("go.mod", data, nil)
	return err
}

func modStep(f *modfile.File, name string, a []string) error {
	switch name {
	case "addModuleStmt":
		return f.AddModuleStmt(a[0])
	case "addGoStmt":
		return f.AddGoStmt(a[0])
	case "addToolchainStmt":
		return f.AddToolchainStmt(a[0])
	case "addRequire":
		return f.AddRequire(a[0], a[1])
	case "addNewRequire":
		f.AddNewRequire(a[0], a[1], a[2] == "indirect")
	case "dropRequire":
		return f.DropRequire(a[0])
	case "setRequire":
		f.SetRequire(requirements(a))
	case "setRequireSeparateIndirect":
		f.SetRequireSeparateIndirect(requirements(a))
	case "setRequireAtMostTwo":
		f.SetRequireAtMostTwo(requirements(a))
	case "addExclude":
		return f.AddExclude(a[0], a[1])
	case "dropExclude":
		return f.DropExclude(a[0], a[1])
	case "addRetract":
		return f.AddRetract(modfile.VersionInterval{Low: a[0], High: a[1]}, a[2])
	case "dropRetract":
		return f.DropRetract(modfile.VersionInterval{Low: a[0], High: a[1]})
	case "addTool":
		return f.AddTool(a[0])
	case "dropTool":
		return f.DropTool(a[0])
	case "addIgnore":
		return f.AddIgnore(a[0])
	case "dropIgnore":
		return f.DropIgnore(a[0])
	case "addComment":
		f.AddComment(a[0])
	case "dropGoStmt":
		f.DropGoStmt()
	case "dropToolchainStmt":
		f.DropToolchainStmt()
	case "sortBlocks":
		f.SortBlocks()
	default:
		return sharedStep(f, name, a)
	}
	return nil
}

// requirements takes path, version, "indirect" or nothing, path and so on.
func requirements(a []string) []*modfile.Require {
	var list []*modfile.Require
	for i := 0; i+2 < len(a); i += 3 {
		list = append(list, &modfile.Require{Mod: module.Version{Path: a[i], Version: a[i+1]}, Indirect: a[i+2] == "indirect"})
	}
	return list
}

type workFile struct{ *modfile.WorkFile }

func (f *workFile) print() []byte                    { return modfile.Format(f.Syntax) }
func (f *workFile) do(name string, a []string) error { return workStep(f.WorkFile, name, a) }
func (f *workFile) read(data []byte) (err error) {
	f.WorkFile, err = modfile.ParseWork("go.work", data, nil)
	return err
}

func workStep(f *modfile.WorkFile, name string, a []string) error {
	switch name {
	case "addGoStmt":
		return f.AddGoStmt(a[0])
	case "addToolchainStmt":
		return f.AddToolchainStmt(a[0])
	case "addUse":
		return f.AddUse(a[0], "")
	case "dropUse":
		return f.DropUse(a[0])
	case "setUse":
		var dirs []*modfile.Use
		for _, path := range a {
			dirs = append(dirs, &modfile.Use{Path: path})
		}
		f.SetUse(dirs)
	case "dropGoStmt":
		f.DropGoStmt()
	case "dropToolchainStmt":
		f.DropToolchainStmt()
	case "sortBlocks":
		f.SortBlocks()
	default:
		return sharedStep(f, name, a)
	}
	return nil
}

// sharedEdits are the edits that both kinds of files have with the same signatures.
type sharedEdits interface {
	AddGodebug(key, value string) error
	DropGodebug(key string) error
	AddReplace(oldPath, oldVers, newPath, newVers string) error
	DropReplace(oldPath, oldVers string) error
}

func sharedStep(f sharedEdits, name string, a []string) error {
	switch name {
	case "addGodebug":
		return f.AddGodebug(a[0], a[1])
	case "dropGodebug":
		return f.DropGodebug(a[0])
	case "addReplace":
		return f.AddReplace(a[0], a[1], a[2], a[3])
	case "dropReplace":
		return f.DropReplace(a[0], a[1])
	}
	return fmt.Errorf("request: unknown edit %s", name)
}
