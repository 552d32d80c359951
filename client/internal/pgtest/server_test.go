//go:build unix

package pgtest

import (
	"net"
	"net/url"
	"testing"
)

func TestServer_Resume(t *testing.T) {
	server := Start(t)
	location, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	accepts := func() bool {
		connection, err := net.Dial("tcp", location.Host) //nolint:noctx // on this machine
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}
	for name, end := range map[string]func(testing.TB){"stop": server.Stop, "crash": server.Crash} {
		end(t)
		if accepts() {
			t.Errorf("%s: the server accepts connections", name)
		}
		server.Resume(t)
		if !accepts() {
			t.Errorf("%s: the server does not accept connections after Resume", name)
		}
	}
}
