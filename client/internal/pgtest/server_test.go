//go:build unix

package pgtest

import (
	"net"
	"net/url"
	"os"
	"slices"
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
	prepared := 0
	prepare := func(string) error {
		prepared++
		return nil
	}
	urls := []string{Database(t), Database(t), Copy(t, prepare), Copy(t, prepare)}
	for i, url := range urls {
		if slices.Contains(urls[:i], url) || parse(t, url).Host != parse(t, urls[0]).Host || !accepts(t, url) {
			t.Errorf("got %s after %v, want another database of one server", url, urls[:i])
		}
	}
	if prepared != 1 {
		t.Errorf("got %d databases that were prepared, want 1", prepared)
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
