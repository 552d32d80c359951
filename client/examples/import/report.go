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
	file     *os.File
	writer   *csv.Writer
	problems int // number of rows
}

func createReport(path string) (*report, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600) //nolint:gosec // the path is the user's
	if err != nil {
		return nil, err
	}
	r := &report{file: file, writer: csv.NewWriter(file)}
	return r, r.writer.Write([]string{"line", "status", "reason"})
}

// add adds a row. The method close returns the errors of add.
func (r *report) add(line int, status, reason string) {
	r.problems++
	_ = r.writer.Write([]string{strconv.Itoa(line), status, reason})
}

func (r *report) close() error {
	r.writer.Flush()
	return errors.Join(r.writer.Error(), r.file.Close())
}

// showProgress returns a function that prints the state of the import every five seconds.
func showProgress(to io.Writer) func(bulk.Progress) {
	shown := time.Now()
	return func(state bulk.Progress) {
		if time.Since(shown) >= 5*time.Second {
			shown = time.Now()
			fmt.Fprintf(to, "%d rows, %d failed, %.1f per second\n", state.Done, state.Failed, state.Rate)
		}
	}
}
