//go:build unix

package pgtest

import (
	"strconv"
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
	prepared  string // name of the database that Copy copies
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
	return shared.server.url(create(t, "template1"))
}

// Copy is like [Database], but the database is a copy of one that the first call has prepared. The
// function prepare must close its connections. It is the same for all tests of a package.
func Copy(t testing.TB, prepare func(url string) error) string {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.prepared == "" {
		name := create(t, "template1")
		if err := prepare(shared.server.url(name)); err != nil {
			t.Fatal(err)
		}
		shared.prepared = name
	}
	return shared.server.url(create(t, shared.prepared))
}

// create creates a copy of the database template and returns its name. The caller must hold
// shared.mu.
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
	if err := shared.server.run("createdb", "-h", shared.server.dir, "-U", "postgres", "-T", template, name); err != nil {
		t.Fatal(err)
	}
	return name
}
