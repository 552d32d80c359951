//go:build unix

package pgtest

import (
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	startTimeout = 30 * time.Second
	// nobody is the user ID of the server if root runs the test, because PostgreSQL
	// does not run as root.
	nobody = 65534
)

// Server is a PostgreSQL server for one test. Its methods may only be called by the goroutine of
// the test.
type Server struct {
	bin, dir, port string
	process        *exec.Cmd
}

// Start starts an empty server on a free port, as an unprivileged user. The server is stopped at
// the end of the test. If PostgreSQL is not installed, the test is skipped, or fails if the
// environment variable CI is true.
func Start(t testing.TB) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	})
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{bin: binaries(t), dir: dir, port: freePort(t)}
	initdb := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	if output, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, output)
	}
	s.Resume(t)
	t.Cleanup(s.stop)
	return s
}

// URL returns the connection URL of the server.
func (s *Server) URL() string {
	location := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + s.port, Path: "postgres",
		RawQuery: "sslmode=disable",
	}
	return location.String()
}

// Stop ends the server, which aborts the transactions in progress.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.stop()
}

// Crash kills the server, which then recovers at its next start and empties its unlogged tables.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	s.end(syscall.SIGQUIT)
}

// Resume starts a stopped server with its data, and waits until it accepts connections.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	// The data must survive the process, not the machine.
	s.process = s.command("postgres", "-D", s.data(), "-h", "127.0.0.1", "-p", s.port, "-k", s.dir,
		"-c", "fsync=off", "-c", "max_connections=300")
	var log strings.Builder
	s.process.Stderr = &log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(startTimeout)
	for s.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", s.port).Run() != nil {
		if time.Now().After(deadline) {
			s.stop()
			t.Fatalf("PostgreSQL does not accept connections after %v:\n%s", startTimeout, log.String())
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a process starts in real time
	}
}

// stop uses the fast shutdown, which does not wait for clients.
func (s *Server) stop() { s.end(syscall.SIGINT) }

func (s *Server) end(signal os.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(signal)
	_ = s.process.Wait()
	s.process = nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command returns a command that runs as an unprivileged user.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // of PostgreSQL; the test ends it
	command.Dir = s.dir
	if os.Geteuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return command
}

// binaries returns the folder of the newest PostgreSQL: that of Debian's package, or of the PATH.
func binaries(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	const missing = "PostgreSQL is missing; install it, on Debian by: apt-get install postgresql"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed immediately
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port) //nolint:forcetypeassert // a TCP listener
}
