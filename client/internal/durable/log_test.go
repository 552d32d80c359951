package durable

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const header = "test log 1"

// open opens a log of records that are "one" and "two", and returns the complete ones.
func open(path string) (l *Log, records []string, err error) {
	l, err = OpenLog(path, header, func(line []byte, complete bool) error {
		for _, record := range []string{"one", "two"} {
			if string(line) == record && complete {
				records = append(records, record)
				return nil
			}
			if strings.HasPrefix(record, string(line)) && !complete {
				return nil
			}
		}
		return errors.New("no record")
	})
	return l, records, err
}

func TestOpenLog(t *testing.T) {
	t.Parallel()
	for file, want := range map[string][]string{
		"":                       nil,
		"test l":                 nil, // incomplete header
		"test log 1":             nil,
		"test log 1\n":           nil,
		"test log 1\none\ntwo\n": {"one", "two"},
		"test log 1\none\ntw":    {"one"}, // incomplete record
		"test log 1\none\ntwo":   {"one"},
	} {
		path := filepath.Join(t.TempDir(), "log")
		if file != "" {
			writeFile(t, path, file)
		}
		l, records, err := open(path)
		if err != nil || !slices.Equal(records, want) {
			t.Fatalf("%q: got %q, %v, want %q", file, records, err, want)
		}
		written := strings.Join(append([]string{header}, append(want, "")...), "\n")
		checkFile(t, path, written)
		if _, _, err := open(path); !errors.Is(err, ErrLocked) {
			t.Errorf("%q, a second time: got %v, want ErrLocked", file, err)
		}
		if err := errors.Join(l.Append([]byte("one"), false), l.Append([]byte("two"), true), l.Close(), l.Close()); err != nil {
			t.Error(err)
		}
		checkFile(t, path, written+"one\ntwo\n")
		if err := l.Append([]byte("one"), false); !errors.Is(err, errClosed) || !errors.Is(l.Err(), errClosed) {
			t.Errorf("after Close: got %v and %v, want errClosed", err, l.Err())
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func checkFile(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// A new file survives a crash of the machine only if its directory is synced too. For a link, that
// is the directory of the file.
func TestOpenLog_DirectoryIsSynced(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "log"), path); err != nil {
		t.Fatal(err)
	}
	errDisk := errors.New("input/output error")
	for _, want := range []error{errDisk, nil} {
		var synced []string
		l, err := openLog(path, header, nil, func(name string) error {
			synced = append(synced, name)
			return want
		})
		if !errors.Is(err, want) || !slices.Equal(synced, []string{dir}) {
			t.Fatalf("got %v and %q synced, want %v and %q", err, synced, want, dir)
		}
		if err == nil {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// brokenFile is a file whose methods return errors.
type brokenFile struct {
	file

	write, sync, close error
}

func (f brokenFile) Write(data []byte) (int, error) {
	if f.write == nil {
		return f.file.Write(data)
	}
	n, err := f.file.Write(data[:len(data)/2]) // as on a full disk
	return n, errors.Join(err, f.write)
}

func (f brokenFile) Sync() error  { return errors.Join(f.file.Sync(), f.sync) }
func (f brokenFile) Close() error { return errors.Join(f.file.Close(), f.close) }

func TestLog_DiskErrors(t *testing.T) {
	t.Parallel()
	errDisk := errors.New("no space left on device")
	for _, tt := range []struct {
		name           string
		broken         brokenFile
		append, synced error
		records        []string
	}{
		{"write", brokenFile{write: errDisk}, errDisk, errDisk, nil},
		{"sync", brokenFile{sync: errDisk}, nil, errDisk, []string{"one", "two"}},
		{"close", brokenFile{close: errDisk}, nil, nil, []string{"one", "two", "one"}},
	} {
		path := filepath.Join(t.TempDir(), "log")
		l, _, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		tt.broken.file = l.file
		l.file = tt.broken
		if err := l.Append([]byte("one"), false); !errors.Is(err, tt.append) {
			t.Errorf("%s, append: got %v, want %v", tt.name, err, tt.append)
		}
		if err := l.Append([]byte("two"), true); !errors.Is(err, tt.synced) {
			t.Errorf("%s, append and sync: got %v, want %v", tt.name, err, tt.synced)
		}
		if err := l.Append([]byte("one"), false); !errors.Is(err, tt.synced) || !errors.Is(l.Err(), tt.synced) {
			t.Errorf("%s, after the error: got %v and %v, want %v", tt.name, err, l.Err(), tt.synced)
		}
		if err := l.Close(); !errors.Is(err, errDisk) {
			t.Errorf("%s, close: got %v, want %v", tt.name, err, errDisk)
		}
		l, records, err := open(path) // the file is usable, and unlocked
		if err != nil || !slices.Equal(records, tt.records) {
			t.Fatalf("%s: got %q, %v, want %q", tt.name, records, err, tt.records)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Records that were appended without a sync are synced by Close.
func TestLog_Close_Syncs(t *testing.T) {
	t.Parallel()
	l, _, err := open(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	l.file = brokenFile{file: l.file, sync: os.ErrInvalid}
	if err := errors.Join(l.Append([]byte("one"), false), l.Err()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("got %v, want the error of the sync", err)
	}
}
