package main

import "golang.org/x/mod/modfile"

type requirement struct {
	Path     string `json:"path"`
	Version  string `json:"version"`
	Indirect bool   `json:"indirect"`
}

type pair struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

type replacement struct {
	Old pair `json:"old"`
	New pair `json:"new"`
}

type retraction struct {
	Low       string `json:"low"`
	High      string `json:"high"`
	Rationale string `json:"rationale"`
}

type keyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// goMod is what a parsed go.mod says, without syntax.
type goMod struct {
	Module     string        `json:"module"`
	Deprecated string        `json:"deprecated"`
	Go         string        `json:"go"`
	Toolchain  string        `json:"toolchain"`
	Godebug    []keyValue    `json:"godebug"`
	Require    []requirement `json:"require"`
	Exclude    []pair        `json:"exclude"`
	Replace    []replacement `json:"replace"`
	Retract    []retraction  `json:"retract"`
	Tool       []string      `json:"tool"`
	Ignore     []string      `json:"ignore"`
}

func parsed(f *modfile.File, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	m := goMod{
		Godebug: []keyValue{}, Require: []requirement{}, Exclude: []pair{}, Replace: []replacement{},
		Retract: []retraction{}, Tool: []string{}, Ignore: []string{},
	}
	if f.Module != nil {
		m.Module, m.Deprecated = f.Module.Mod.Path, f.Module.Deprecated
	}
	if f.Go != nil {
		m.Go = f.Go.Version
	}
	if f.Toolchain != nil {
		m.Toolchain = f.Toolchain.Name
	}
	for _, g := range f.Godebug {
		m.Godebug = append(m.Godebug, keyValue{g.Key, g.Value})
	}
	for _, r := range f.Require {
		m.Require = append(m.Require, requirement{r.Mod.Path, r.Mod.Version, r.Indirect})
	}
	for _, x := range f.Exclude {
		m.Exclude = append(m.Exclude, pair{x.Mod.Path, x.Mod.Version})
	}
	for _, r := range f.Replace {
		m.Replace = append(m.Replace, replacement{pair{r.Old.Path, r.Old.Version}, pair{r.New.Path, r.New.Version}})
	}
	for _, r := range f.Retract {
		m.Retract = append(m.Retract, retraction{r.Low, r.High, r.Rationale})
	}
	for _, t := range f.Tool {
		m.Tool = append(m.Tool, t.Path)
	}
	for _, i := range f.Ignore {
		m.Ignore = append(m.Ignore, i.Path)
	}
	return m, nil
}
