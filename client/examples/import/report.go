package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/bulk"
)

// report is a CSV file of the rows with problems.
type report struct {
	file   *os.File
	writer *csv.Writer
	rows   int
}

func createReport(path string) (*report, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // the file that the user names
	if err != nil {
		return nil, err
	}
	r := &report{file: file, writer: csv.NewWriter(file)}
	return r, r.writer.Write([]string{"line", "status", "reason"})
}

// add adds a row. Errors are returned by close.
func (r *report) add(line int, status, reason string) {
	r.rows++
	_ = r.writer.Write([]string{strconv.Itoa(line), status, reason})
}

func (r *report) close() error {
	r.writer.Flush()
	return errors.Join(r.writer.Error(), r.file.Close())
}

// progress shows the state of the import: a line that changes on a terminal, and a line every ten
// seconds elsewhere.
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

func (p *progress) show(state bulk.Progress) {
	every := 10 * time.Second
	if p.terminal {
		every = 100 * time.Millisecond
	}
	if time.Since(p.shown) < every {
		return
	}
	p.shown = time.Now()
	line := fmt.Sprintf("%d rows, %d failed, %.1f per second", state.Done, state.Failed, state.Rate)
	if p.terminal {
		fmt.Fprintf(p.to, "\r\x1b[K%s", line)
		return
	}
	fmt.Fprintln(p.to, line)
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(p.to, "\r\x1b[K")
	}
}
