package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// state is where an export continues. It is stored after each page in FILE.state.
type state struct {
	Size     int64         `json:"size"` // of FILE.part; what is behind it was not recorded
	Next     client.Cursor `json:"next"`
	Listed   bool          `json:"listed"` // the list has ended
	Contacts int           `json:"contacts"`
	Fields   []string      `json:"fields,omitempty"`
}

// output is the file that an export writes, which gets its name when it is complete.
type output struct {
	path  string
	file  *os.File
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
		err = errors.New("the partial file is shorter than its state says: remove both to start again")
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

// write appends a page and records that the next one begins at next.
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
	// The state must not be ahead of the page after a crash.
	if err := o.file.Sync(); err != nil {
		return err
	}
	temporary := o.statePath() + ".tmp"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, o.statePath())
}

// complete gives the file its name.
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

// progress shows how many contacts are written: a line that changes on a terminal, and a line every
// ten seconds elsewhere.
type progress struct {
	to       io.Writer
	terminal bool
	shown    time.Time
}

func newProgress(to io.Writer) *progress {
	p := &progress{to: to, shown: time.Now()}
	if file, ok := to.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (p *progress) show(contacts, total int) {
	switch {
	case p.terminal:
		fmt.Fprintf(p.to, "\r\x1b[K%d of %d contacts", contacts, total)
	case time.Since(p.shown) >= 10*time.Second:
		p.shown = time.Now()
		fmt.Fprintf(p.to, "%d of %d contacts\n", contacts, total)
	}
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
