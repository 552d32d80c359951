//go:build unix

package pgtest

import (
	"errors"
	"fmt"
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
	// nobody is the user ID of the server if root runs the test, because PostgreSQL refuses to run
	// as root.
	nobody = 65534
)

var errMissing = errors.New("PostgreSQL is not installed; on Debian, run: apt-get install postgresql")

// Server is a PostgreSQL server for one test. Its methods must be called by the goroutine of the
// test.
type Server struct {
	bin, dir, port string
	process        *exec.Cmd
}

// Start starts an empty server on a free port, as an unprivileged user. It is stopped and deleted
// at the end of the test. If PostgreSQL is not installed, the test is skipped, or fails if the
// environment variable CI is "true".
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
	location := url.URL{
		Scheme: "postgres", User: url.User("postgres"), Host: "127.0.0.1:" + s.port, Path: database,
		RawQuery: "sslmode=disable",
	}
	return location.String()
}

// Stop shuts the server down. The server aborts the transactions in progress and closes the
// connections.
func (s *Server) Stop() { s.end(syscall.SIGINT) }

// Crash ends the server without a shutdown. When it is started again, it recovers and empties its
// unlogged tables.
func (s *Server) Crash() { s.end(syscall.SIGQUIT) }

// Resume starts the server again, with the data that it had when it ended.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

// start starts a server in a new directory.
func start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, port: port}
	if err := s.create(); err != nil {
		s.remove()
		return nil, err
	}
	return s, nil
}

// create creates the data directory of the server and starts the server.
func (s *Server) create() error {
	if os.Geteuid() == 0 {
		if err := os.Chown(s.dir, nobody, nobody); err != nil {
			return err
		}
	}
	initdb := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return s.run()
}

// run starts the process and waits until the server accepts connections.
func (s *Server) run() error {
	// fsync=off, because the data need not survive a crash of the machine.
	s.process = s.command("postgres", "-D", s.data(), "-h", "127.0.0.1", "-p", s.port, "-k", s.dir,
		"-c", "fsync=off", "-c", "max_connections=300")
	var log strings.Builder
	s.process.Stderr = &log
	if err := s.process.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(startTimeout)
	for s.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", s.port).Run() != nil {
		if time.Now().After(deadline) {
			s.Stop()
			return fmt.Errorf("PostgreSQL does not accept connections after %v:\n%s", startTimeout, log.String())
		}
		time.Sleep(20 * time.Millisecond) //nolint:forbidigo // a process starts in real time
	}
	return nil
}

// remove ends the server and deletes its data.
func (s *Server) remove() {
	s.Stop()
	_ = os.RemoveAll(s.dir)
}

func (s *Server) end(signal os.Signal) {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(signal)
	_ = s.process.Wait()
	s.process = nil
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command returns a command that runs a program of PostgreSQL, as the user nobody if root runs the
// test.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(s.bin, program), args...) //nolint:gosec,noctx // a program of PostgreSQL, which the test ends
	command.Dir = s.dir
	if os.Geteuid() == 0 {
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return command
}

// binaries returns the directory of PostgreSQL's programs: that of a Debian package, or else the
// one in PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errMissing
	}
	return filepath.Dir(path), nil
}

func freePort() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it is closed at once
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil //nolint:forcetypeassert // a TCP listener
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
