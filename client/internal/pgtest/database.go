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
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start()
	}
	if shared.err != nil {
		skipOrFail(t, shared.err)
	}
	shared.databases++
	name := "test" + strconv.Itoa(shared.databases)
	create := shared.server.command("createdb", "-h", "127.0.0.1", "-p", shared.server.port, "-U", "postgres", name)
	if output, err := create.CombinedOutput(); err != nil {
		t.Fatalf("createdb: %v\n%s", err, output)
	}
	return shared.server.url(name)
}
