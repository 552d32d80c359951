package bulk

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

// A new file survives a crash of the machine only if its directory is written to the disk too.
func TestOpenJournal_DirectoryIsSynced(t *testing.T) {
	t.Parallel()
	directory := t.TempDir()
	path := filepath.Join(directory, "journal")
	var synced []string
	j, err := openJournal(path, func(name string) error {
		synced = append(synced, name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if want := []string{directory}; !slices.Equal(synced, want) {
		t.Errorf("got %q, want %q", synced, want)
	}
}

func TestOpenJournal_DirectoryCannotBeSynced(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal")
	errDisk := errors.New("input/output error")
	if _, err := openJournal(path, func(string) error { return errDisk }); !errors.Is(err, errDisk) {
		t.Errorf("got %v, want %v", err, errDisk)
	}
	j, err := OpenJournal(path) // the lock was released
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}
