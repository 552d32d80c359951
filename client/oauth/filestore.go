package oauth

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
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
	data, err := durable.ReadFile(s.path)
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
	path, unlock, err := s.lock(ctx, ".lock")
	if err != nil {
		return false, err
	}
	defer unlock()
	stored, err := s.Load(ctx)
	if err != nil && !hasNoCredential(err) {
		return false, err
	}
	if !equal(stored.RefreshToken, used) {
		return false, nil
	}
	err = replace(path, next)
	return err == nil, err
}

// LockRefresh acquires the lock. It waits until no other caller in any process holds it or ctx is
// done. If the process that holds the lock ends, the operating system releases the lock.
//
// LockRefresh returns an error if the file cannot be replaced, for example because the disk is full:
// it replaces the file with a copy. So no refresh token is used whose successor cannot be stored.
func (s *FileStore) LockRefresh(ctx context.Context) (unlock func(), err error) {
	_, unlock, err = s.lock(ctx, ".refresh.lock")
	if err != nil {
		return nil, err
	}
	stored, err := s.Load(ctx)
	if err == nil {
		_, err = s.CompareAndSwap(ctx, stored.RefreshToken, stored)
	}
	if err != nil && !hasNoCredential(err) {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// lock acquires the lock with the given suffix, and returns the path of the store without symbolic
// links: a new file would replace a link, and two names of a file would have different locks.
func (s *FileStore) lock(ctx context.Context, suffix string) (path string, unlock func(), err error) {
	path, err = durable.Resolve(s.path)
	if err != nil {
		return "", nil, err
	}
	release, err := durable.Lock(ctx, path+suffix)
	if err != nil {
		return "", nil, err
	}
	return path, func() { _ = release() }, nil
}

// replace writes the credential to the file, or removes the file if the credential is zero.
func replace(path string, next Credential) error {
	if next.AccessToken.Reveal() == "" {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return durable.SyncDirectory(filepath.Dir(path))
	}
	data, err := next.Encode()
	if err != nil {
		return err
	}
	return durable.Replace(path, data)
}
