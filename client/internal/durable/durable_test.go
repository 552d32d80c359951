package durable_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// Windows has no permission bits, and does not sync directories.
const windows = runtime.GOOS == "windows"

// names returns a new file and other names of it.
func names(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{
		"same name": filepath.Join(dir, "file"), "symbolic link": filepath.Join(dir, "symbolic"),
		"link in another directory": filepath.Join(dir, "sub", "link"), "hard link": filepath.Join(dir, "hard"),
	}
	for _, err := range []error{
		os.WriteFile(all["same name"], nil, 0o600),
		os.Mkdir(filepath.Join(dir, "sub"), 0o700),
		os.Symlink("file", all["symbolic link"]),
		os.Symlink("../symbolic", all["link in another directory"]),
		os.Link(all["same name"], all["hard link"]),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestTryLock_LinksShareOneLock(t *testing.T) {
	t.Parallel()
	all := names(t)
	for name, path := range all {
		if windows && name != "same name" {
			continue // each link has a lock of its own
		}
		unlock, err := durable.TryLock(all["same name"])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, err := durable.TryLock(path); !errors.Is(err, durable.ErrLocked) {
			t.Errorf("%s: got %v, want ErrLocked", name, err)
		}
		if err := unlock(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLock_WaitsUntilTheContextEnds(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := durable.Lock(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := durable.Lock(ctx, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	acquired := make(chan error)
	go func() {
		unlock, err := durable.Lock(t.Context(), path)
		if err == nil {
			err = unlock()
		}
		acquired <- err
	}()
	if err := unlock(); err != nil {
		t.Error(err)
	}
	if err := <-acquired; err != nil {
		t.Errorf("after the lock was released: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && !windows {
		t.Errorf("got %v, %v, want a file that only its owner can read", info, err)
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	all := names(t)
	dir, err := filepath.EvalSymlinks(filepath.Dir(all["same name"]))
	if err != nil {
		t.Fatal(err)
	}
	all["missing file"] = filepath.Join(dir, "missing")
	for name, want := range map[string]string{
		"same name": "file", "symbolic link": "file", "link in another directory": "file", "hard link": "hard", "missing file": "missing",
	} {
		if got, err := durable.Resolve(all[name]); err != nil || got != filepath.Join(dir, want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	cycle := filepath.Join(dir, "cycle")
	if err := os.Symlink("cycle", cycle); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{cycle, filepath.Join(dir, "missing", "file")} {
		if got, err := durable.Resolve(path); err == nil {
			t.Errorf("%s: got %q, want an error", path, got)
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path+".new", []byte("of a killed process"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "two"} {
		if err := durable.Replace(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 && !windows {
		t.Errorf("got %v, %v, want a file that only its owner can read", info, err)
	}
	if _, err := os.Stat(path + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want no temporary file", err)
	}
	if err := durable.Replace(filepath.Join(path, "below"), nil); err == nil {
		t.Error("got no error for a file that cannot be written")
	}
	if err := durable.SyncDirectory(path + " missing"); !errors.Is(err, os.ErrNotExist) && !windows {
		t.Errorf("got %v, want os.ErrNotExist", err)
	}
}
