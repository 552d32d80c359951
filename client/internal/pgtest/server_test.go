//go:build unix

package pgtest

import (
	"net"
	"net/url"
	"os"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func TestServer_Resume(t *testing.T) {
	server := Start(t)
	for name, end := range map[string]func(){"stop": server.Stop, "crash": server.Crash} {
		end()
		if accepts(t, server.URL()) {
			t.Errorf("%s: the server accepts connections", name)
		}
		server.Resume(t)
		if !accepts(t, server.URL()) {
			t.Errorf("%s: the server does not accept connections after Resume", name)
		}
	}
}

func TestDatabase_OnOneServer(t *testing.T) {
	one, two := Database(t), Database(t)
	if one == two {
		t.Errorf("got %s twice, want two databases", one)
	}
	if parse(t, one).Host != parse(t, two).Host || !accepts(t, one) {
		t.Errorf("got %s and %s, want databases of one server", one, two)
	}
}

func parse(t *testing.T, location string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// accepts reports whether the server accepts connections.
func accepts(t *testing.T, location string) bool {
	t.Helper()
	connection, err := net.Dial("tcp", parse(t, location).Host) //nolint:noctx // on this machine
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}
