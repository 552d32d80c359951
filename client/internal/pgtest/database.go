//go:build unix

package pgtest

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// shared is the server that the tests of a package share, because starting a server takes longer
// than most tests.
var shared struct {
	mu        sync.Mutex
	server    *Server
	err       error
	databases int
	prepared  string // URL of the database that Copy copies
}

// Main runs the tests of a package that uses [Database], deletes the shared server, and returns the
// exit code. TestMain calls it.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		shared.server.remove()
	}
	return code
}

// Database creates an empty database on a server that the tests of the package share, and returns
// its connection URL. If PostgreSQL is not installed, the test is skipped or fails, as with
// [Start].
func Database(t testing.TB) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	return create(t, "template1")
}

// Copy is like [Database], but the database is a copy of one that the first call has prepared. The
// function prepare must close its connections. It is the same for all tests of a package.
func Copy(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.prepared == "" {
		prepared := create(t, "template1")
		if err := prepare(prepared); err != nil {
			t.Fatal(err)
		}
		shared.prepared = prepared
	}
	location, err := url.Parse(shared.prepared)
	if err != nil {
		t.Fatal(err)
	}
	return create(t, strings.TrimPrefix(location.Path, "/"))
}

// create creates a copy of the database template. The caller must hold shared.mu.
func create(t testing.TB, template string) string {
	t.Helper()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start()
	}
	if shared.err != nil {
		skipOrFail(t, shared.err)
	}
	shared.databases++
	name := "test" + strconv.Itoa(shared.databases)
	createdb := shared.server.command("createdb", "-h", "127.0.0.1", "-p", shared.server.port, "-U", "postgres", "-T", template, name)
	if output, err := createdb.CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, output)
	}
	return shared.server.url(name)
}
