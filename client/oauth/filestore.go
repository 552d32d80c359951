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

	"github.com/highlevel-contacts/contacts-go/client"
)

// FileStore is a [TokenStore] in a file, for any number of processes on one machine. The file
// contains the secrets unencrypted and is readable by its owner only (0600). Each change replaces
// the file atomically and is synced to disk. So the file holds a complete credential even if the
// process is killed or the machine crashes.
//
// FileStore also creates the empty files path.lock and path.refresh.lock, which remain, and the
// temporary file path.new. The directory must exist, and its file system must support locks, which
// many network file systems do not.
type FileStore struct {
	path string
}

// NewFileStore returns a store in the file path, which need not exist. It does not open the file.
func NewFileStore(path string) *FileStore {
	return &FileStore{path: path}
}

// Load returns the stored credential. Its error matches [ErrNoCredential] if the file does not
// exist, and [ErrInvalidCredential] if the file does not contain a credential.
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

// CompareAndSwap stores next if used is the refresh token of the stored credential, or if used is
// zero and the file does not contain a credential. It reports whether it did. The zero Credential
// removes the file.
func (s *FileStore) CompareAndSwap(ctx context.Context, used client.Secret, next Credential) (bool, error) {
	path, err := resolveLinks(s.path)
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
	if !equal(stored.RefreshToken, used) {
		return false, nil
	}
	if err := s.replace(path, next); err != nil {
		return false, err
	}
	return true, nil
}

// replace replaces the content of the file path, or removes the file if next is zero.
func (s *FileStore) replace(path string, next Credential) error {
	if next.AccessToken.Reveal() == "" {
		return removeFile(path)
	}
	data, err := next.Encode()
	if err != nil {
		return err
	}
	return replaceFile(path, data)
}

// LockRefresh acquires the lock. It waits until no other caller in any process holds it or ctx is
// done. If the process that holds the lock ends, the operating system releases the lock.
//
// LockRefresh returns an error if the file could not be replaced, for example because the disk is
// full: it writes as many bytes as the file has to path.new and removes it. So no refresh token is
// used up whose successor cannot be stored.
func (s *FileStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	path, err := resolveLinks(s.path)
	if err != nil {
		return nil, err
	}
	unlock, err = lockFile(ctx, path+".refresh.lock")
	if err != nil {
		return nil, err
	}
	if err := checkWritable(ctx, path); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// checkWritable returns an error if the file path cannot be replaced with one of the same size.
func checkWritable(ctx context.Context, path string) error {
	unlock, err := lockFile(ctx, path+".lock")
	if err != nil {
		return err
	}
	defer unlock()
	var size int64
	if info, err := os.Stat(path); err == nil {
		size = info.Size()
	}
	name := path + ".new"
	err = writeFile(name, make([]byte, size))
	if removeErr := os.Remove(name); err == nil {
		err = removeErr
	}
	return err
}

// resolveLinks returns path without symbolic links. The file itself need not exist. FileStore
// resolves links because a new file would replace the link otherwise, and two names of one file
// would have different locks.
func resolveLinks(path string) (string, error) {
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

// lockFile creates the file path if necessary and locks it. Each call opens the file, so the lock
// also excludes other callers in this process.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	const pollInterval = 5 * time.Millisecond
	lock := flock.New(path, flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, pollInterval); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// replaceFile replaces the file path atomically and durably. The caller must hold the lock
// path.lock, because all callers use the same temporary file. It may exist if a process was killed.
func replaceFile(path string, data []byte) error {
	name := path + ".new"
	if err := writeFile(name, data); err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// removeFile removes the file path durably, if it exists.
func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// writeFile removes the file name if it exists, writes data to a new file that only its owner can
// read, and syncs it to disk.
func writeFile(name string, data []byte) (err error) {
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

// syncDirectory syncs the entries of a directory to disk. Windows does not support this.
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
