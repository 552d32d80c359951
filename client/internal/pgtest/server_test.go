//go:build unix

package pgtest

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// prepared is the number of databases that the tests of this process have prepared.
var prepared int

func TestServer(t *testing.T) {
	prepare := func(string) error {
		prepared++
		return nil
	}
	urls := []string{Database(t), Copy(t, prepare), Copy(t, prepare)}
	if slices.Sort(urls); len(slices.Compact(urls)) != 3 || prepared != 1 {
		t.Errorf("got the databases %s, %d prepared, want three and one", urls, prepared)
	}
	server := shared.server
	for name, end := range map[string]func(){"stop": server.Stop, "crash": server.Crash} {
		end()
		if accepts(server) {
			t.Errorf("%s: the server accepts connections", name)
		}
		server.Resume(t)
		if !accepts(server) {
			t.Errorf("%s: the server does not accept connections after Resume", name)
		}
	}
}

func accepts(s *Server) bool {
	connection, err := net.Dial("unix", filepath.Join(s.dir, ".s.PGSQL.5432")) //nolint:noctx // on this machine
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}
