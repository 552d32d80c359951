// Package durable locks and writes files so that their contents survive a crash of the process and
// of the machine.
package durable

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// ErrLocked is returned by [TryLock] if the file is locked.
var ErrLocked = errors.New("the file is locked by this process or another one")

// TryLock locks the file at path, and creates it with permission 0600 if it does not exist. All
// symbolic and hard links of a file share one lock. Two locks exclude each other in one process,
// too. The operating system releases the lock when the process ends.
//
// On Windows, no other handle can read a locked file. TryLock then locks the file path.lock instead,
// which remains, and each link has a lock of its own.
func TryLock(path string) (unlock func() error, err error) {
	if runtime.GOOS == "windows" {
		path += ".lock"
	}
	lock := newLock(path)
	locked, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, ErrLocked
	}
	return lock.Close, nil
}

// Lock locks the file at path as [TryLock] does on other systems than Windows, and waits for the lock
// until ctx is done.
func Lock(ctx context.Context, path string) (unlock func() error, err error) {
	const pollInterval = 5 * time.Millisecond
	lock := newLock(path)
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return nil, err
	}
	return lock.Close, nil
}

func newLock(path string) *flock.Flock { return flock.New(path, flock.SetPermissions(0o600)) }

// Resolve returns path without symbolic links. The file itself need not exist.
func Resolve(path string) (string, error) {
	const maxLinks = 40
	for range maxLinks {
		target, err := os.Readlink(path)
		if err != nil { // not a link, or it does not exist
			directory, err := filepath.EvalSymlinks(filepath.Dir(path))
			return filepath.Join(directory, filepath.Base(path)), err
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many symbolic links", path)
}

// Replace replaces the contents of the file at path atomically. Only its owner can read the file.
// The path must not be a symbolic link: see [Resolve]. Concurrent callers must hold a lock, because
// all of them write the temporary file path.new, which remains if a process is killed.
func Replace(path string, data []byte) error {
	name := path + ".new"
	if err := write(name, data); err != nil {
		return err
	}
	if err := untilShared(func() error { return os.Rename(name, path) }); err != nil {
		return err
	}
	return SyncDirectory(filepath.Dir(path))
}

// ReadFile returns the contents of a file that another process may [Replace] at the same time.
func ReadFile(path string) (data []byte, err error) {
	err = untilShared(func() error {
		data, err = os.ReadFile(path) //nolint:gosec // the caller's own path
		return err
	})
	return data, err
}

// untilShared calls use, which opens or renames a file. On Windows, use fails while another process
// has the file open or replaces it: untilShared then calls it again, for up to two seconds.
func untilShared(use func() error) error {
	const (
		attempts, wait              = 200, 10 * time.Millisecond
		accessDenied, sharingFailed = syscall.Errno(5), syscall.Errno(32)
	)
	err := use()
	for range attempts {
		if runtime.GOOS != "windows" || !errors.Is(err, accessDenied) && !errors.Is(err, sharingFailed) {
			break
		}
		time.Sleep(wait) //nolint:forbidigo // two seconds at most, and only on Windows
		err = use()
	}
	return err
}

// write replaces the file name with a new file, and syncs it to the disk.
func write(name string, data []byte) (err error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the caller's own path
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}

// SyncDirectory syncs the names of the files in a directory to the disk. Windows does not support
// this.
func SyncDirectory(name string) (err error) {
	if runtime.GOOS == "windows" {
		return nil
	}
	directory, err := os.Open(name) //nolint:gosec // the directory of the caller's own path
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, directory.Close()) }()
	return directory.Sync()
}
