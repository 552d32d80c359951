package clienttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// journal keeps the contacts in a file, one JSON object a line: a contact, or {"id":…,"deleted":true}. A later line
// replaces an earlier one with the same id. Each line is handed to the operating system before the write is answered, so
// that an end of this process at any time loses nothing that was answered. A crash of the machine may, unless sync is set.
type journal struct {
	file  *os.File
	lock  *stateLock
	sync  bool // each line reaches the disk before the write is answered
	lines int
}

// openJournal reads the contacts that the file at path holds into a store and makes the store write there. A last line that
// was cut short, because the process ended while writing it, was never answered and is dropped.
func openJournal(path string, sync bool, s *store) (err error) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	j := &journal{sync: sync}
	if j.lock, err = lockState(path); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	if j.file, err = os.OpenFile(filepath.Clean(path), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return errors.Join(fmt.Errorf("state: %w", err), j.lock.unlock())
	}
	err = j.read(s)
	if err == nil && j.lines > 2*(len(s.byID)+len(s.deleted))+1000 {
		err = j.compact(path, s)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("state %s: %w", path, err), j.close())
	}
	s.journal = j
	return nil
}

func (j *journal) read(s *store) error {
	reader := bufio.NewReaderSize(j.file, 1<<20)
	var whole int64
	var contact gen.Contact // one for all lines: it is 2.6 KB
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		j.lines++
		if err := s.load(line, &contact); err != nil {
			return fmt.Errorf("line %d: %w", j.lines, err)
		}
		whole += int64(len(line))
	}
	if err := j.file.Truncate(whole); err != nil {
		return err
	}
	_, err := j.file.Seek(whole, io.SeekStart)
	return err
}

// compact replaces the file by one without the lines that later ones replace. Deleted IDs stay, so
// that they are never used again.
func (j *journal) compact(path string, s *store) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), removeFile(file.Name()))
		}
	}()
	writer := bufio.NewWriterSize(file, 1<<20)
	for _, r := range s.byID {
		line, err := jsonLine(r)
		if err != nil {
			return err
		}
		if _, err := writer.Write(line); err != nil {
			return err
		}
	}
	for id := range s.deleted {
		if _, err := writer.Write(deletedLine(id)); err != nil {
			return err
		}
	}
	if err := writer.Flush(); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	old := j.file
	j.file, j.lines = file, len(s.byID)+len(s.deleted)
	return old.Close()
}

func removeFile(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (j *journal) put(r *record) error {
	if j == nil {
		return nil
	}
	line, err := jsonLine(r)
	if err != nil {
		return err
	}
	return j.write(line)
}

func (j *journal) remove(id string) error {
	if j == nil {
		return nil
	}
	return j.write(deletedLine(id))
}

func deletedLine(id string) []byte {
	line := newObject(64)
	line.text("id", id)
	line.boolean("deleted", true)
	return append(line.end(), '\n')
}

// write appends one line in one write. Half a line would join with the next one, so it is taken back.
func (j *journal) write(line []byte) error {
	n, err := j.file.Write(line)
	if err != nil && n > 0 {
		if end, seekErr := j.file.Seek(int64(-n), io.SeekCurrent); seekErr == nil {
			err = errors.Join(err, j.file.Truncate(end))
		}
	}
	if err == nil && j.sync {
		err = j.file.Sync()
	}
	return err
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return errors.Join(j.file.Close(), j.lock.unlock())
}

func jsonLine(r *record) ([]byte, error) {
	contact := r.contact()
	line, err := json.Marshal(&contact)
	return append(line, '\n'), err
}

// load takes a line of a journal, by way of a contact whose members it sets.
func (s *store) load(line []byte, contact *gen.Contact) error {
	*contact = gen.Contact{}
	if err := json.Unmarshal(line, contact); err != nil {
		return err
	}
	switch {
	case contact.ID == "":
		return errors.New("a contact without an id")
	case !contact.Deleted:
		return s.put(newRecord(contact), time.Time{})
	case s.byID[contact.ID] != nil:
		return s.remove(contact.ID, time.Time{}, time.Time{})
	default:
		s.deleted[contact.ID] = time.Time{} // its contact was dropped by a compaction
		return nil
	}
}
