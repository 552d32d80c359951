package oauth

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// replaceFile puts data into the file path, at once and for good: whoever opens path, also after a crash, finds the old
// content or the new one. The caller holds the lock of path, so that the name of the new file can be the same each time and
// killed processes leave no more than one behind.
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

// writeFile writes data into a new file that only its owner reads, onto the disk.
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

// syncDirectory brings a rename onto the disk. Windows has no such thing.
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
