package store

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockFile locks the state file at path, so that a second server, in this process or in another
// one, cannot use it. The operating system releases the lock when its process ends. The error names
// the process that holds the lock.
func lockFile(path string) (*flock.Flock, error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, fmt.Errorf("%s is in use by %s: stop that server, or use another file", path, holder(lock.Path()))
	}
	text := fmt.Sprintf("process %d since %s", os.Getpid(), time.Now().Format(time.RFC3339))
	if err := os.WriteFile(lock.Path(), []byte(text), 0o600); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// holder returns who holds a lock. On some systems a locked file cannot be read.
func holder(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // beside the file that the user named
	if err != nil || len(text) == 0 || len(text) > 100 {
		return "another server"
	}
	return strings.TrimSpace(string(text))
}
