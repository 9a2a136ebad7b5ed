package main

import (
	"errors"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Texts of go.mod files.

func init() {
	register(map[string]operation{
		"modulePath": func(r request) (any, error) { return text(modfile.ModulePath(r.Args[0])), nil },
		"parse":      func(r request) (any, error) { return parsed(modfile.Parse("go.mod", r.Args[0], nil)) },
		"parseLax":   func(r request) (any, error) { return parsed(modfile.ParseLax("go.mod", r.Args[0], nil)) },
		"parseFixed": func(r request) (any, error) { return parsed(modfile.Parse("go.mod", r.Args[0], fixVersion)) },
		"quoting": values(func(a []string) any {
			return []any{modfile.MustQuote(a[0]), text(modfile.AutoQuote(a[0])), modfile.IsDirectoryPath(a[0])}
		}),
	})
}

// fixVersion is a version fixer that the tests have a twin of: it makes versions canonical and knows one branch.
func fixVersion(path, version string) (string, error) {
	if version == "master" {
		return "v1.2.3", nil
	}
	if fixed := module.CanonicalVersion(version); fixed != "" {
		return fixed, nil
	}
	return "", errors.New("no version of " + path)
}

type requirement struct {
	Path     text `json:"path"`
	Version  text `json:"version"`
	Indirect bool `json:"indirect"`
}

type pair struct {
	Path    text `json:"path"`
	Version text `json:"version"`
}

func pairOf(m module.Version) pair { return pair{text(m.Path), text(m.Version)} }

type replacement struct {
	Old pair `json:"old"`
	New pair `json:"new"`
}

type retraction struct {
	Low       text `json:"low"`
	High      text `json:"high"`
	Rationale text `json:"rationale"`
}

type keyValue struct {
	Key   text `json:"key"`
	Value text `json:"value"`
}

// goMod is what a parsed go.mod says, without syntax.
type goMod struct {
	Module     text          `json:"module"`
	Deprecated text          `json:"deprecated"`
	Go         text          `json:"go"`
	Toolchain  text          `json:"toolchain"`
	Godebug    []keyValue    `json:"godebug"`
	Require    []requirement `json:"require"`
	Exclude    []pair        `json:"exclude"`
	Replace    []replacement `json:"replace"`
	Retract    []retraction  `json:"retract"`
	Tool       []text        `json:"tool"`
	Ignore     []text        `json:"ignore"`
}

func parsed(f *modfile.File, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	m := goMod{
		Godebug: []keyValue{}, Require: []requirement{}, Exclude: []pair{}, Replace: []replacement{},
		Retract: []retraction{}, Tool: []text{}, Ignore: []text{},
	}
	if f.Module != nil {
		m.Module, m.Deprecated = text(f.Module.Mod.Path), text(f.Module.Deprecated)
	}
	if f.Go != nil {
		m.Go = text(f.Go.Version)
	}
	if f.Toolchain != nil {
		m.Toolchain = text(f.Toolchain.Name)
	}
	for _, g := range f.Godebug {
		m.Godebug = append(m.Godebug, keyValue{text(g.Key), text(g.Value)})
	}
	for _, r := range f.Require {
		m.Require = append(m.Require, requirement{text(r.Mod.Path), text(r.Mod.Version), r.Indirect})
	}
	for _, x := range f.Exclude {
		m.Exclude = append(m.Exclude, pairOf(x.Mod))
	}
	for _, r := range f.Replace {
		m.Replace = append(m.Replace, replacement{pairOf(r.Old), pairOf(r.New)})
	}
	for _, r := range f.Retract {
		m.Retract = append(m.Retract, retraction{text(r.Low), text(r.High), text(r.Rationale)})
	}
	for _, t := range f.Tool {
		m.Tool = append(m.Tool, text(t.Path))
	}
	for _, i := range f.Ignore {
		m.Ignore = append(m.Ignore, text(i.Path))
	}
	return m, nil
}
