package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/highlevel-contacts/contacts-go/client"
)

// state is the position of an export. It is stored in FILE.state after each page.
type state struct {
	Size     int64         `json:"size"`             // of the complete pages in FILE.part, in bytes
	Next     client.Cursor `json:"next"`             // of the next page
	Listed   bool          `json:"listed"`           // all pages have been written
	Contacts int           `json:"contacts"`         // number of contacts that have been written
	Fields   []string      `json:"fields,omitempty"` // IDs of the custom fields that are columns
}

// output is the file that an export writes. It is renamed to path when it is complete.
type output struct {
	path  string
	file  *os.File // FILE.part
	state state
}

func (o *output) partPath() string  { return o.path + ".part" }
func (o *output) statePath() string { return o.path + ".state" }

// openOutput opens FILE.part, at the end of the last complete page if the export is resumed.
func openOutput(path string, resume bool) (*output, error) {
	o := &output{path: path}
	if resume {
		data, err := os.ReadFile(o.statePath())
		if err == nil {
			err = json.Unmarshal(data, &o.state)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("read the state of the export: %w", err)
		}
	}
	file, err := os.OpenFile(o.partPath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	o.file = file
	info, err := file.Stat()
	if err == nil && info.Size() < o.state.Size {
		err = fmt.Errorf("%s is shorter than %s says: run without -resume to start again", o.partPath(), o.statePath())
	}
	if err == nil {
		err = file.Truncate(o.state.Size)
	}
	if err == nil {
		_, err = file.Seek(o.state.Size, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return o, nil
}

// write appends a page, or the header of CSV, and stores the cursor of the next page.
func (o *output) write(page []byte, next client.Cursor) error {
	if _, err := o.file.Write(page); err != nil {
		return err
	}
	o.state.Size += int64(len(page))
	o.state.Next = next
	data, err := json.Marshal(o.state)
	if err != nil {
		return err
	}
	// After a crash, the state must not describe a page that is not on the disk.
	if err := o.file.Sync(); err != nil {
		return err
	}
	temporary := o.statePath() + ".tmp"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, o.statePath())
}

// complete renames the file to its final name.
func (o *output) complete() error {
	if err := errors.Join(o.file.Sync(), o.file.Close()); err != nil {
		return err
	}
	if err := os.Rename(o.partPath(), o.path); err != nil {
		return err
	}
	if err := os.Remove(o.statePath()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
