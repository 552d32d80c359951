package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/highlevel-contacts/contacts-go/client/internal/durable"
)

// The states of a row in a report.
const (
	statusCreated = "created"
	statusUpdated = "updated"
	statusPartial = "partial" // written, except for some of its values
	statusFailed  = "failed"
	statusUnclear = "unclear" // may have been written
)

// entry is the result of a row.
type entry struct {
	line                        int
	status, contact, cause, key string
}

// reportStart begins the header of a report, which ends with the digest of the import.
const reportStart = "line,status,contact,problem,row of "

// report is a CSV file with the result of each row. Until the import is complete, its name ends in
// ".part", the latest entry of a row counts, and the file is the journal of the import. It contains
// no values of the rows.
type report struct {
	path    string
	header  string
	log     *durable.Log
	entries map[string]entry // by key
}

// openReport opens the report of an import. To resume, it reads the entries of an earlier run of the
// same import. It overwrites no file except a report.
func openReport(path, input, digest string, resume bool) (*report, error) {
	r := &report{path: path, header: reportStart + digest, entries: map[string]entry{}}
	if resolved, err := durable.Resolve(path); err == nil {
		r.path = resolved
	}
	if isSameFile(r.path, input) || isSameFile(r.part(), input) {
		return nil, errors.New("--report: the report would overwrite the file to import")
	}
	final, err := os.ReadFile(r.path)
	part, _ := os.ReadFile(r.part()) // OpenLog returns the error
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case err == nil && !bytes.HasPrefix(final, []byte(reportStart)):
		return nil, fmt.Errorf("%s exists and is not a report of an import: pass another name with --report", path)
	case len(part) > 0 && !resume:
		return nil, fmt.Errorf("%s is the report of an import that did not end: continue the import with --resume, or delete the file to start again", r.part())
	case len(part) > 0 || !resume || final == nil:
	case !bytes.HasPrefix(final, []byte(r.header)):
		return nil, errOtherImport(path)
	default:
		if err := durable.Replace(r.part(), final); err != nil {
			return nil, err
		}
	}
	if r.log, err = durable.OpenLog(r.part(), r.header, r.replay); err != nil {
		if errors.Is(err, durable.ErrLocked) {
			return nil, fmt.Errorf("%s: another import is writing this report", path)
		}
		return nil, fmt.Errorf("%w: %w", errOtherImport(r.part()), err)
	}
	return r, nil
}

func errOtherImport(report string) error {
	return fmt.Errorf("%s is the report of another import: the file has changed since, or it is another file or location; "+
		"import it without --resume, and with another --report", report)
}

func (r *report) part() string { return r.path + ".part" }

func isSameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(infoA, infoB)
}

// replay reads an entry of an earlier run.
func (r *report) replay(line []byte, complete bool) error {
	if !complete {
		return nil // the header proves that the file is a report
	}
	cells, err := csv.NewReader(bytes.NewReader(line)).Read()
	if err != nil || len(cells) != 5 {
		return errors.New("the line is not an entry of a report")
	}
	number, err := strconv.Atoi(cells[0])
	r.entries[cells[4]] = entry{number, cells[1], cells[2], cells[3], cells[4]}
	return err
}

// start records that the create of a row is sent, until add records the result. It is safe for concurrent use.
func (r *report) start(row *row) error {
	e := entry{status: statusUnclear, cause: "the import ended before the response arrived: check whether the contact exists"}
	return r.log.Append(row.encode(&e), true)
}

// add records the result of a row.
func (r *report) add(row *row, e entry) error {
	encoded := row.encode(&e)
	r.entries[e.key] = e
	return r.log.Append(encoded, false)
}

// encode completes the entry of a row and returns its line.
func (r *row) encode(e *entry) []byte {
	e.line, e.key = r.number, r.key
	e.cause = strings.Join(strings.Fields(e.cause), " ") // an entry is one line
	return e.encode()
}

func (e entry) encode() []byte {
	return encodeRow([]string{strconv.Itoa(e.line), e.status, e.contact, e.cause, e.key})
}

// complete writes the report with one entry for each row, in the order of the file. It returns the
// number of rows by status.
func (r *report) complete() (counts map[string]int, err error) {
	counts = map[string]int{}
	text := []byte(r.header + "\n")
	for _, e := range slices.SortedFunc(maps.Values(r.entries), func(a, b entry) int { return cmp.Compare(a.line, b.line) }) {
		counts[e.status]++
		text = append(append(text, e.encode()...), '\n')
	}
	if err := durable.Replace(r.path, text); err != nil {
		return nil, err
	}
	if err := r.log.Close(); err != nil {
		return nil, err
	}
	return counts, os.Remove(r.part())
}

// encodeRow returns a row of CSV without a line feed at the end.
func encodeRow(cells []string) []byte {
	var buffer bytes.Buffer
	writer := csv.NewWriter(&buffer)
	_ = writer.Write(cells) // a buffer returns no error
	writer.Flush()
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
}
