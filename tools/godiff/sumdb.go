package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Notes, transparency logs, and a checksum database.

func init() {
	register(map[string]operation{
		"noteVerifier": strs(noteVerifier),
		"noteOpen":     noteOpen,
		"treeText":     bytesOf(treeText),
		"recordText":   bytesOf(recordText),
		"tilePath":     strs(tilePath),
		"newTiles":     strs(newTiles),
		"proofs":       strs(proofs),
		"checkProof":   checkProof,
		"sumdbGet":     strs(sumdbGet),
	})
}

func bytesOf(f func(b []byte) (any, error)) operation {
	return func(r request) (any, error) { return f(r.Args[0]) }
}

func noteVerifier(a []string) (any, error) {
	verifier, err := note.NewVerifier(a[0])
	if err != nil {
		return nil, err
	}
	return []any{text(verifier.Name()), verifier.KeyHash()}, nil
}

// noteOpen opens the first argument with the verifier keys that follow.
func noteOpen(r request) (any, error) {
	var verifiers []note.Verifier
	for _, key := range r.Args[1:] {
		verifier, err := note.NewVerifier(string(key))
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, verifier)
	}
	n, err := note.Open(r.Args[0], note.VerifierList(verifiers...))
	if err != nil {
		return nil, err
	}
	lines := func(sigs []note.Signature) []any {
		out := []any{}
		for _, sig := range sigs {
			out = append(out, []any{sig.Name, sig.Hash, sig.Base64})
		}
		return out
	}
	return []any{n.Text, lines(n.Sigs), lines(n.UnverifiedSigs)}, nil
}

func treeText(b []byte) (any, error) {
	tree, err := tlog.ParseTree(b)
	return []any{fmt.Sprint(tree.N), tree.Hash}, err
}

// recordText gives numbers as text: JSON readers take them for doubles.
func recordText(b []byte) (any, error) {
	number, record, rest, err := tlog.ParseRecord(b)
	return []any{fmt.Sprint(number), string(record), rest}, err
}

func tilePath(a []string) (any, error) {
	t, err := tlog.ParseTilePath(a[0])
	return []any{t.H, t.L, fmt.Sprint(t.N), t.W}, err
}

func newTiles(a []string) (any, error) {
	n := numbers(a)
	paths := []string{}
	for _, t := range tlog.NewTiles(int(n[0]), n[1], n[2]) {
		paths = append(paths, t.Path())
	}
	return paths, nil
}

func numbers(a []string) []int64 {
	out := make([]int64, len(a))
	for i, s := range a {
		out[i], _ = strconv.ParseInt(s, 10, 64)
	}
	return out
}

// leaves is a log of the records "leaf 0", "leaf 1", …, as long as anybody asked for.
var leaves struct {
	size   int64
	hashes []tlog.Hash
}

func readLeaves(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		out[i] = leaves.hashes[x]
	}
	return out, nil
}

// proofs of a tree of a[0] leaves: its hash, that it contains leaf a[1], that it begins with the tree of a[1]; null where there is none.
func proofs(a []string) (any, error) {
	size, n := numbers(a)[0], numbers(a)[1]
	reader := tlog.HashReaderFunc(readLeaves)
	for ; leaves.size < size; leaves.size++ {
		hashes, err := tlog.StoredHashes(leaves.size, fmt.Appendf(nil, "leaf %d", leaves.size), reader)
		if err != nil {
			return nil, err
		}
		leaves.hashes = append(leaves.hashes, hashes...)
	}
	hash, err := tlog.TreeHash(size, reader)
	if err != nil {
		return nil, err
	}
	record, recordErr := tlog.ProveRecord(size, n, reader)
	tree, treeErr := tlog.ProveTree(size, n, reader)
	return []any{hash, orNull(record, recordErr), orNull(tree, treeErr)}, nil
}

func orNull[T any](value T, err error) any {
	if err != nil {
		return nil
	}
	return value
}

// checkProof: kind, size and number as text, then raw hashes: the tree's, the record's or older tree's, and the proof.
func checkProof(r request) (any, error) {
	n := numbers([]string{string(r.Args[1]), string(r.Args[2])})
	var hashes []tlog.Hash
	for _, b := range r.Args[3:] {
		hashes = append(hashes, tlog.Hash(b))
	}
	if string(r.Args[0]) == "tree" {
		return true, tlog.CheckTree(tlog.TreeProof(hashes[2:]), n[0], hashes[0], n[1], hashes[1])
	}
	return true, tlog.CheckRecord(tlog.RecordProof(hashes[2:]), n[0], hashes[0], n[1], hashes[1])
}

// servers are checksum databases by their signer key.
var servers = map[string]*sumdb.Server{}

// gosum makes up sums; modules whose path contains "absent" do not exist.
func gosum(path, version string) ([]byte, error) {
	if strings.Contains(path, "absent") {
		return nil, os.ErrNotExist
	}
	sum := sha256.Sum256([]byte(path + "@" + version))
	h := hex.EncodeToString(sum[:8])
	return fmt.Appendf(nil, "%s %s h1:%s=\n%s %s/go.mod h1:mod-%s=\n", path, version, h, path, version, h), nil
}

// sumdbGet asks the database that signs with a[0] for path a[1]: status and body.
func sumdbGet(a []string) (any, error) {
	server := servers[a[0]]
	if server == nil {
		server = sumdb.NewServer(sumdb.NewTestServer(a[0], gosum))
		servers[a[0]] = server
	}
	answer := httptest.NewRecorder()
	server.ServeHTTP(answer, httptest.NewRequest("GET", "/"+a[1], nil))
	return []any{answer.Code, bytes.Clone(answer.Body.Bytes())}, nil
}
