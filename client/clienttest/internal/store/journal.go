package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/gofrs/flock"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// journal is a file of JSON objects, one per line: a contact, or {"id":…,"deleted":true}. A line
// replaces an earlier one with the same ID. Each line is passed to the operating system before the
// write returns, so that a crash of this process loses nothing. A crash of the machine may lose the
// last lines, unless sync is set.
type journal struct {
	file  *os.File
	lock  *flock.Flock
	sync  bool
	lines int
}

// deletedLine is the line of a contact that was deleted.
type deletedLine struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// Open returns a store that has the contacts of the file at path and writes each change to it. It
// drops an incomplete last line, which a process leaves if it crashes during a write. With sync,
// each write reaches the disk before it returns.
func Open(path string, sync bool) (_ *Store, err error) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	j := &journal{sync: sync}
	if j.lock, err = lockFile(path); err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	if j.file, err = os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("state: %w", err), j.lock.Close())
	}
	s := New()
	err = j.read(s)
	if err == nil && j.lines > 2*(len(s.contacts)+len(s.deleted))+1000 { // most lines are obsolete
		err = j.compact(path, s)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("state %s: %w", path, err), j.close())
	}
	s.journal = j
	return s, nil
}

func (j *journal) read(s *Store) error {
	reader := bufio.NewReaderSize(j.file, 1<<20)
	var complete int64 // size of the complete lines
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		j.lines++
		if err := s.load(line); err != nil {
			return fmt.Errorf("line %d: %w", j.lines, err)
		}
		complete += int64(len(line))
	}
	if err := j.file.Truncate(complete); err != nil {
		return err
	}
	_, err := j.file.Seek(complete, io.SeekStart)
	return err
}

// load applies a line of a journal.
func (s *Store) load(line []byte) error {
	var c gen.Contact
	if err := json.Unmarshal(line, &c); err != nil {
		return err
	}
	tx := &Tx{s}
	if c.ID != "" && c.Deleted {
		return tx.Delete(c.ID, time.Time{}, time.Time{})
	}
	normalized, err := Normalize(&c)
	if err != nil {
		return err
	}
	return tx.Put(normalized, time.Time{})
}

// compact replaces the file by one without the lines that later lines replace. The new file still
// has the deleted IDs, so that they are never used again.
func (j *journal) compact(path string, s *Store) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	compacted := &journal{file: file}
	if err = compacted.writeAll(s); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	old := j.file
	j.file, j.lines = file, compacted.lines
	return old.Close()
}

func (j *journal) writeAll(s *Store) error {
	for _, c := range s.contacts {
		if err := j.write(c); err != nil {
			return err
		}
	}
	for id := range s.deleted {
		if err := j.write(deletedLine{id, true}); err != nil {
			return err
		}
	}
	return j.file.Sync()
}

// write appends one line. If only a part of it can be written, write removes that part, because the
// next line would continue it.
func (j *journal) write(value any) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(value)
	if err != nil {
		return err
	}
	n, err := j.file.Write(append(line, '\n'))
	if err != nil && n > 0 {
		if end, seekErr := j.file.Seek(int64(-n), io.SeekCurrent); seekErr == nil {
			err = errors.Join(err, j.file.Truncate(end))
		}
	}
	if err == nil && j.sync {
		err = j.file.Sync()
	}
	if err == nil {
		j.lines++
	}
	return err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.file.Close(), j.lock.Close())
}

// lockFile locks the state file at path, so that no second server, in this process or in another
// one, can use it. The operating system releases the lock when the process ends. The error names
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

// holder describes the process that holds a lock. On some systems a locked file cannot be read.
func holder(path string) string {
	text, err := os.ReadFile(path) //nolint:gosec // beside the file that the user named
	if err != nil || len(text) == 0 || len(text) > 100 {
		return "another server"
	}
	return strings.TrimSpace(string(text))
}
