package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/tlog"
)

// A client of a checksum database that is served over HTTP.

func init() {
	register(map[string]operation{
		"sumdbLookup": strs(sumdbLookup),
		"logProofs":   strs(logProofs),
	})
}

// clients are clients by the URL of their database. They live as long as the program, and so remember trees.
var clients = map[string]*sumdb.Client{}

// sumdbLookup asks the database at a[0], which signs as verifier key a[1] says, for the go.sum lines of a[2]@a[3].
func sumdbLookup(a []string) (any, error) {
	client := clients[a[0]]
	if client == nil {
		client = sumdb.NewClient(&clientOps{url: a[0], key: a[1], config: map[string][]byte{}, cache: map[string][]byte{}})
		clients[a[0]] = client
	}
	return client.Lookup(a[2], a[3])
}

// clientOps keeps everything in memory.
type clientOps struct {
	url, key string
	mu       sync.Mutex
	config   map[string][]byte
	cache    map[string][]byte
}

func (o *clientOps) ReadRemote(path string) ([]byte, error) { return httpGet(o.url + path) }

func (o *clientOps) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.key), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.config[file], nil
}

func (o *clientOps) WriteConfig(file string, old, new []byte) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !bytes.Equal(o.config[file], old) {
		return sumdb.ErrWriteConflict
	}
	o.config[file] = new
	return nil
}

func (o *clientOps) ReadCache(file string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if data, ok := o.cache[file]; ok {
		return data, nil
	}
	return nil, os.ErrNotExist
}

func (o *clientOps) WriteCache(file string, data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cache[file] = data
}

func (o *clientOps) Log(string) {}

// SecurityError comes with an error of the lookup, which says it too.
func (o *clientOps) SecurityError(msg string) { fmt.Fprintln(os.Stderr, msg) }

func httpGet(url string) ([]byte, error) {
	response, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status + ": " + strings.TrimSpace(string(body)))
	}
	return body, nil
}

// remoteTiles reads tiles of the database at a URL.
type remoteTiles string

func (r remoteTiles) Height() int { return 8 }

func (r remoteTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = httpGet(string(r) + "/" + tile.Path()); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (r remoteTiles) SaveTiles([]tlog.Tile, [][]byte) {}

// logProofs, from the tiles of the database at a[0] and its tree of a[1] records with hash a[2]: that it contains record a[3], that it
// begins with the tree of a[3] records.
func logProofs(a []string) (any, error) {
	hash, err := tlog.ParseHash(a[2])
	if err != nil {
		return nil, err
	}
	n := numbers([]string{a[1], a[3]})
	reader := tlog.TileHashReader(tlog.Tree{N: n[0], Hash: hash}, remoteTiles(a[0]))
	record, err := tlog.ProveRecord(n[0], n[1], reader)
	if err != nil {
		return nil, err
	}
	if n[1] == 0 {
		return []any{record, nil}, nil
	}
	tree, err := tlog.ProveTree(n[0], n[1], reader)
	return []any{record, tree}, err
}
