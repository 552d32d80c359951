package bulk

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// fullDisk is the log of a journal on a disk that is full after some records.
type fullDisk struct {
	recordLog

	tb         testing.TB
	left       int // number of records that can be written
	err, close error
}

var errDisk = errors.New("no space left on device")

func (d *fullDisk) Append(record []byte, sync bool) error {
	if sync != (record[0] == signIntent) {
		d.tb.Errorf("%s: got sync %v, want it for intents", record, sync)
	}
	if d.left--; d.left < 0 {
		d.err = errDisk
		return d.err
	}
	return d.recordLog.Append(record, sync)
}

func (d *fullDisk) Err() error   { return d.err }
func (d *fullDisk) Close() error { return errors.Join(d.err, d.recordLog.Close(), d.close) }

// No call is made that the journal cannot record, and Close returns the error.
func TestWithJournal_DiskErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		disk       fullDisk
		idempotent bool
		called     []int // inputs whose calls are made
	}{
		{name: "first intent", disk: fullDisk{left: 0}},
		{name: "first result", disk: fullDisk{left: 1}, called: []int{0}},
		{name: "second intent", disk: fullDisk{left: 2}, called: []int{0}},
		{name: "result of an idempotent call", disk: fullDisk{left: 1}, idempotent: true, called: []int{0, 1}},
		{name: "close", disk: fullDisk{left: 9, close: errDisk}, called: []int{0, 1, 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j, err := OpenJournal(filepath.Join(t.TempDir(), "journal"))
			if err != nil {
				t.Fatal(err)
			}
			tt.disk.tb, tt.disk.recordLog = t, j.log
			j.log = &tt.disk
			var called []int
			op := Operation[int, int]{
				Call: func(_ context.Context, i int, _ ...client.CallOption) (int, error) {
					called = append(called, i)
					return 0, nil
				},
				ContactKeys: func(int) []string { return nil },
				Idempotent:  func(int) bool { return tt.idempotent },
			}
			outcomes := 0
			for i, outcome := range All(t.Context(), slices.All([]int{0, 1, 2}), op, WithJournal(j, strconv.Itoa), WithMaxInFlight(1)) {
				outcomes++
				if want := slices.Contains(tt.called, i); want != (outcome.Err == nil) || !want && !errors.Is(outcome.Err, errDisk) {
					t.Errorf("input %d: got %v, want the error of the disk only if the call was not made", i, outcome.Err)
				}
			}
			if outcomes != 3 || !slices.Equal(called, tt.called) {
				t.Errorf("got %d outcomes and the calls %v, want 3 and %v", outcomes, called, tt.called)
			}
			if err := j.Close(); !errors.Is(err, errDisk) {
				t.Errorf("close: got %v, want %v", err, errDisk)
			}
		})
	}
}
