package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// position is how far an export has come. Each page appends one to FILE.export.
type position struct {
	Size     int64         `json:"size"`     // of FILE.part, in bytes
	Digest   string        `json:"digest"`   // SHA-256 of FILE.part
	Next     client.Cursor `json:"next"`     // of the next page; empty after the last one
	Contacts int           `json:"contacts"` // in FILE.part
	Lost     int           `json:"lost"`     // values that are not in FILE.part
}

// output is the file that an export writes: FILE.part until it is complete. FILE.export contains
// the settings of the export and its position, and locks the file.
type output struct {
	path     string
	file     *os.File // FILE.part
	digest   hash.Hash
	log      *durable.Log // FILE.export
	position position
	resumed  bool // a page was written by an earlier run
}

// outputHeader begins FILE.export, followed by the digest of the settings.
const outputHeader = "highlevel export 1 "

// openOutput opens FILE.part: at its last position to resume, and otherwise empty. Another export of
// the same file, and a file of an export with other settings, are errors.
func openOutput(path, settings string, resume bool) (*output, error) {
	if resolved, err := durable.Resolve(path); err == nil {
		path = resolved
	}
	o := &output{path: path, digest: sha256.New()}
	digest := sha256.Sum256([]byte(settings))
	header := outputHeader + hex.EncodeToString(digest[:])
	var err error
	if !resume {
		if err := o.discard(); err != nil {
			return nil, err
		}
	}
	if o.log, err = durable.OpenLog(o.logPath(), header, o.replay); err != nil {
		if errors.Is(err, durable.ErrLocked) {
			return nil, errLocked(path)
		}
		return nil, fmt.Errorf("%s belongs to an export with other flags, another location or other custom fields: "+
			"export without --resume to start again: %w", o.logPath(), err)
	}
	if err := o.openPart(); err != nil {
		return nil, errors.Join(err, o.log.Close())
	}
	return o, nil
}

func errLocked(path string) error { return fmt.Errorf("another export is writing %s", path) }

func (o *output) partPath() string { return o.path + ".part" }
func (o *output) logPath() string  { return o.path + ".export" }

// discard removes the positions of an earlier export, unless that export is in progress.
func (o *output) discard() error {
	if _, err := os.Stat(o.logPath()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := durable.TryLock(o.logPath())
	if errors.Is(err, durable.ErrLocked) {
		return errLocked(o.path)
	}
	if err != nil {
		return err
	}
	return errors.Join(os.Truncate(o.logPath(), 0), unlock())
}

func (o *output) replay(line []byte, complete bool) error {
	if !complete {
		return nil // the header proves that the file belongs to this export
	}
	o.resumed = true
	return json.Unmarshal(line, &o.position)
}

// openPart opens FILE.part and verifies that it begins with what the position describes.
func (o *output) openPart() error {
	file, err := os.OpenFile(o.partPath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	o.file = file
	if _, err := io.CopyN(o.digest, file, o.position.Size); err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(err, file.Close())
	}
	if o.resumed && o.sum() != o.position.Digest {
		return errors.Join(fmt.Errorf("%s is not the file of the export to resume: export without --resume to start again", o.partPath()), file.Close())
	}
	return file.Truncate(o.position.Size)
}

func (o *output) sum() string { return hex.EncodeToString(o.digest.Sum(nil)) }

// write appends a page, and then its position. After a crash, a position never describes a page that
// is not on the disk.
func (o *output) write(page []byte, next position) error {
	if _, err := o.file.Write(page); err != nil {
		return err
	}
	if err := o.file.Sync(); err != nil {
		return err
	}
	_, _ = o.digest.Write(page) // a hash returns no error
	next.Size, next.Digest = o.position.Size+int64(len(page)), o.sum()
	o.position, o.resumed = next, true
	record, err := json.Marshal(next)
	if err != nil {
		return err
	}
	return o.log.Append(record, true)
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
	return errors.Join(os.Remove(o.logPath()), o.log.Close())
}

// close closes the files of an export that is to be resumed.
func (o *output) close() error { return errors.Join(o.file.Close(), o.log.Close()) }
