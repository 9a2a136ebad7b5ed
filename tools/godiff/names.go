package main

import (
	"encoding/json"
	"go/version"
	"time"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Paths, versions and patterns.

func init() {
	register(map[string]operation{
		// The Unicode version decides which characters are letters and which are printed as they are.
		"unicode":         values(func([]string) any { return unicode.Version }),
		"checkPath":       verdict(module.CheckPath),
		"checkImportPath": verdict(module.CheckImportPath),
		"checkFilePath":   verdict(module.CheckFilePath),
		"escapePath":      converted(module.EscapePath),
		"unescapePath":    converted(module.UnescapePath),
		"escapeVersion":   converted(module.EscapeVersion),
		"unescapeVersion": converted(module.UnescapeVersion),
		"check":           strs(func(a []string) (any, error) { return true, module.Check(a[0], a[1]) }),
		"checkPathMajor":  strs(func(a []string) (any, error) { return true, module.CheckPathMajor(a[0], a[1]) }),
		"splitPathVersion": values(func(a []string) any {
			prefix, major, ok := module.SplitPathVersion(a[0])
			if !ok {
				return json.RawMessage("null")
			}
			return []any{text(prefix), text(major)}
		}),
		// It panics where the suffix names no version.
		"pathMajorPrefix":     values(func(a []string) any { return module.PathMajorPrefix(a[0]) }),
		"canonicalVersion":    values(func(a []string) any { return module.CanonicalVersion(a[0]) }),
		"matchPrefixPatterns": values(func(a []string) any { return module.MatchPrefixPatterns(a[0], a[1]) }),
		"semver": values(func(a []string) any {
			v := a[0]
			return []any{semver.IsValid(v), semver.Canonical(v), semver.Major(v), semver.MajorMinor(v), semver.Prerelease(v), semver.Build(v)}
		}),
		"compare":       values(func(a []string) any { return semver.Compare(a[0], a[1]) }),
		"sortVersions":  values(sortVersions),
		"sortModules":   values(sortModules),
		"pseudo":        values(pseudo),
		"pseudoVersion": strs(pseudoVersion),
		"goVersion":     values(goVersion),
	})
}

func verdict(f func(string) error) operation {
	return strs(func(a []string) (any, error) { return true, f(a[0]) })
}

func converted(f func(string) (string, error)) operation {
	return strs(func(a []string) (any, error) { s, err := f(a[0]); return text(s), err })
}

func sortVersions(a []string) any {
	semver.Sort(a)
	return texts(a)
}

// sortModules takes path, version, path, version and so on.
func sortModules(a []string) any {
	var list []module.Version
	for i := 0; i+1 < len(a); i += 2 {
		list = append(list, module.Version{Path: a[i], Version: a[i+1]})
	}
	module.Sort(list)
	var out []string
	for _, m := range list {
		out = append(out, m.Path, m.Version)
	}
	return texts(out)
}

// pseudo takes a version apart; each part has its own error.
func pseudo(a []string) any {
	v := a[0]
	rev, revErr := module.PseudoVersionRev(v)
	base, baseErr := module.PseudoVersionBase(v)
	t, timeErr := module.PseudoVersionTime(v)
	stamp := ""
	if timeErr == nil {
		stamp = t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return map[string]any{
		"is": module.IsPseudoVersion(v), "rev": text(rev), "base": text(base), "time": stamp,
		"revError": errorText(revErr), "baseError": errorText(baseErr), "timeOk": timeErr == nil,
	}
}

// pseudoVersion takes major, older version, time and revision.
func pseudoVersion(a []string) (any, error) {
	t, err := time.Parse(time.RFC3339, a[2])
	if err != nil {
		return nil, err
	}
	return module.PseudoVersion(a[0], a[1], t, a[3]), nil
}

// goVersion takes two versions of Go, without "go" before them.
func goVersion(a []string) any {
	x, y := "go"+a[0], "go"+a[1]
	return []any{version.IsValid(x), text(version.Lang(x)), version.Compare(x, y)}
}
