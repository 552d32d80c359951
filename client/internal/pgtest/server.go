//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// nobody is the user ID of the server if root runs the test, because PostgreSQL refuses to run as
// root.
const nobody = 65534

var errMissing = errors.New("PostgreSQL is not installed; on Debian, run: apt-get install postgresql")

// Server is a PostgreSQL server for one test. Its methods must be called by the goroutine of the
// test.
type Server struct {
	bin string // directory of PostgreSQL's programs
	dir string // directory of the server's socket and data
}

// Start starts an empty server, which listens on a socket in a directory of its own, as an
// unprivileged user. It is stopped and deleted at the end of the test. If PostgreSQL is not installed,
// the test is skipped, or fails if the environment variable CI is "true".
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	if err != nil {
		skipOrFail(t, err)
	}
	t.Cleanup(s.remove)
	return s
}

// URL returns the connection URL of the database postgres.
func (s *Server) URL() string { return s.url("postgres") }

func (s *Server) url(database string) string {
	return "postgres://postgres@/" + database + "?sslmode=disable&host=" + url.QueryEscape(s.dir)
}

// Stop shuts the server down. The server aborts the transactions in progress and closes the
// connections.
func (s *Server) Stop() { _ = s.run("pg_ctl", "stop", "-D", s.data(), "-m", "fast") }

// Crash ends the server without a shutdown. When it is started again, it recovers and empties its
// unlogged tables.
func (s *Server) Crash() { _ = s.run("pg_ctl", "stop", "-D", s.data(), "-m", "immediate") }

// Resume starts the server again, with the data that it had when it ended.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	if err := s.serve(); err != nil {
		t.Fatal(err)
	}
}

// start starts a server in a new directory.
func start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir}
	if os.Geteuid() == 0 {
		err = os.Chown(dir, nobody, nobody)
	}
	if err == nil {
		err = s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	}
	if err == nil {
		err = s.serve()
	}
	if err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// serve starts the process and waits until the server accepts connections. The data need not survive
// a crash of the machine.
func (s *Server) serve() error {
	return s.run("pg_ctl", "start", "-D", s.data(), "-l", filepath.Join(s.dir, "log"),
		"-o", "-k "+s.dir+" -c listen_addresses='' -c fsync=off -c max_connections=300")
}

// remove ends the server and deletes its data.
func (s *Server) remove() {
	s.Crash()
	_ = os.RemoveAll(s.dir)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run runs a program of PostgreSQL, as the user nobody if root runs the test.
func (s *Server) run(program string, args ...string) error {
	command := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // a program of PostgreSQL, which ends
	command.Dir = s.dir
	if os.Geteuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, output)
	}
	return nil
}

// binaries returns the directory of PostgreSQL's programs: that of the newest Debian package, or else
// the one in PATH.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		path, err := exec.LookPath("initdb")
		if err != nil {
			return "", errMissing
		}
		found = append(found, path)
	}
	return filepath.Dir(found[len(found)-1]), nil
}

// skipOrFail skips the test if PostgreSQL is missing, except in CI. It fails the test after any
// other error.
func skipOrFail(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	t.Fatal(err)
}
