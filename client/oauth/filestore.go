package oauth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

// FileStore is a [TokenStore] in a file, for any number of processes on one machine. The file
// contains the secrets unencrypted and is readable by its owner only (0600). Each change replaces
// the file atomically and is written to disk before the new tokens are used, so the file holds a
// complete credential even if the process is killed or the machine crashes.
//
// FileStore also creates the empty files path.lock and path.refresh.lock, and temporarily path.new.
// The directory must exist, and its file system must support locks, which many network file systems
// do not.
type FileStore struct {
	path string
}

// NewFileStore returns a store in the file path, which need not exist. It does not open the file.
func NewFileStore(path string) *FileStore {
	return &FileStore{path: path}
}

// Load returns the stored credential, or an error that matches [ErrNoCredential] if there is no
// file.
func (s *FileStore) Load(context.Context) (Credential, error) {
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Credential{}, fmt.Errorf("%w: %w", ErrNoCredential, err)
	}
	if err != nil {
		return Credential{}, err
	}
	credential, err := DecodeCredential(data)
	if err != nil {
		return Credential{}, fmt.Errorf("%s: %w", s.path, err)
	}
	return credential, nil
}

// CompareAndSwap stores next if the stored credential has the refresh token used.
func (s *FileStore) CompareAndSwap(ctx context.Context, used Secret, next Credential) (bool, error) {
	path, err := resolve(s.path)
	if err != nil {
		return false, err
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return false, err
	}
	defer unlock()
	stored, err := s.Load(ctx)
	if err != nil && !errors.Is(err, ErrNoCredential) && !errors.Is(err, ErrInvalidCredential) {
		return false, err
	}
	if stored.RefreshToken != used {
		return false, nil
	}
	data, err := next.Encode()
	if err != nil {
		return false, err
	}
	if err := replaceFile(path, data); err != nil {
		return false, err
	}
	return true, nil
}

// LockRefresh waits until no other caller, in any process, refreshes the credential. The operating
// system releases the lock of a process that ends.
func (s *FileStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	path, err := resolve(s.path)
	if err != nil {
		return nil, err
	}
	return lockFile(ctx, path+".refresh.lock")
}

// Prepare returns an error if the file cannot be replaced, for example because the disk is full. It
// writes and removes path.new with 64 KiB.
func (s *FileStore) Prepare(ctx context.Context) error {
	path, err := resolve(s.path)
	if err != nil {
		return err
	}
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	name := path + ".new"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	const size = 64 << 10 // larger than a credential, except of an agency with thousands of locations
	return errors.Join(writeFile(name, make([]byte, size)), os.Remove(name))
}

// resolve follows the symbolic links of path, whose last element need not exist. Otherwise a file
// would replace the link, and two names of a file would have different locks.
func resolve(path string) (string, error) {
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
	return "", fmt.Errorf("oauth: FileStore: %s: too many symbolic links", path)
}

// lockFile locks the file path and creates it if necessary. Each call uses its own file descriptor,
// so the lock also excludes other callers in this process.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	const pollInterval = 5 * time.Millisecond
	lock := flock.New(path, flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// replaceFile replaces the content of the file path atomically and durably. The caller holds the
// lock of path, so there is one temporary file, even after several processes were killed.
func replaceFile(path string, data []byte) error {
	name := path + ".new"
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := writeFile(name, data); err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// writeFile writes data to a new file that only its owner can read, and syncs it to disk.
func writeFile(name string, data []byte) (err error) {
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

// syncDirectory syncs a rename to disk. Windows does not support this.
func syncDirectory(name string) (err error) {
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
