package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// position is how far an export has come. Each page appends one to FILE.export.
type position struct {
	Size     int64         `json:"size"`     // of FILE.part, in bytes
	Next     client.Cursor `json:"next"`     // of the next page; empty after the last one
	Contacts int           `json:"contacts"` // in FILE.part
	Lost     int           `json:"lost"`     // values that are not in FILE.part
}

// output is the file that an export writes: FILE.part until it is complete. FILE.export contains
// the settings of the export and its position, and locks the file.
type output struct {
	path     string
	file     *os.File     // FILE.part
	log      *durable.Log // FILE.export
	position position
	resumed  bool // a page was written by an earlier run
}

// openOutput opens FILE.part: at its last position to resume, and otherwise empty. Another export of
// the same file, and a file of an export with other settings, are errors.
func openOutput(path string, settings []byte, resume bool) (o *output, err error) {
	if resolved, err := durable.Resolve(path); err == nil {
		path = resolved
	}
	o = &output{path: path}
	header := fmt.Sprintf("highlevel export 2 %x", sha256.Sum256(settings))
	if !resume {
		err = o.discard()
	}
	if err == nil {
		o.log, err = durable.OpenLog(o.logPath(), header, o.replay)
	}
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("another export is writing %s", path)
	case err != nil:
		return nil, fmt.Errorf("%s belongs to an export with other flags, another location or other custom fields: "+
			"export without --resume to start again: %w", o.logPath(), err)
	}
	if err := o.openPart(); err != nil {
		return nil, errors.Join(err, o.log.Close())
	}
	return o, nil
}

func (o *output) partPath() string { return o.path + ".part" }
func (o *output) logPath() string  { return o.path + ".export" }

// discard removes the positions of an earlier export, unless that export is in progress.
func (o *output) discard() error {
	unlock, err := durable.TryLock(o.logPath())
	if err != nil {
		return err
	}
	if err = os.Truncate(o.logPath(), 0); errors.Is(err, fs.ErrNotExist) { // Windows has another file for the lock
		err = nil
	}
	return errors.Join(err, unlock())
}

func (o *output) replay(line []byte, complete bool) error {
	if !complete {
		return nil // the header proves that the file belongs to this export
	}
	o.resumed = true
	return json.Unmarshal(line, &o.position)
}

// openPart opens FILE.part and removes what is after the position.
func (o *output) openPart() (err error) {
	if o.file, err = os.OpenFile(o.partPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	info, err := o.file.Stat()
	if err == nil && info.Size() < o.position.Size {
		err = fmt.Errorf("%s is not the file of the export to resume: export without --resume to start again", o.partPath())
	}
	if err == nil {
		err = o.file.Truncate(o.position.Size)
	}
	return err
}

// write appends a page, and then its position. After a crash, a position never describes a page that
// is not on the disk.
func (o *output) write(page []byte, next position) error {
	if _, err := o.file.Write(page); err != nil {
		return err
	}
	if err := o.file.Sync(); err != nil {
		return err
	}
	next.Size = o.position.Size + int64(len(page))
	o.position = next
	return o.log.Append(mustJSON(next), true)
}

// complete renames FILE.part to FILE.
func (o *output) complete() error {
	if err := o.file.Close(); err != nil {
		return err
	}
	if err := os.Rename(o.partPath(), o.path); err != nil {
		return err
	}
	if err := durable.SyncDirectory(filepath.Dir(o.path)); err != nil {
		return err
	}
	return errors.Join(o.log.Close(), os.Remove(o.logPath()))
}

// close closes the files of an export that is to be resumed.
func (o *output) close() error { return errors.Join(o.file.Close(), o.log.Close()) }
