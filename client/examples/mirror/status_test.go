//go:build unix

package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/riverqueue/river/rivertype"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

func TestStatus_Print(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 2, 3, 4, 0, time.UTC)
	var rows []row
	for _, location := range []struct {
		id, state string
		contacts  int
		checked   time.Time
		export    exportjob.Export
	}{
		{"a", "installed", 500, time.Time{}, exportjob.Export{Started: now, Finished: now.Add(-90 * time.Second), Error: "an earlier one"}},
		{"b", "installed", 100, now.Add(-50 * time.Hour), exportjob.Export{Started: now, Contacts: 100, Total: 500, State: rivertype.JobStateRunning}},
		{"c", "installed", 0, time.Time{}, exportjob.Export{}},
		{"d", "installed", 7, now.Add(-3 * time.Hour), exportjob.Export{State: rivertype.JobStateDiscarded, Error: "no space"}},
		{"e", "disconnected", 8, now.Add(-time.Hour), exportjob.Export{Started: now}},
		{"f", "installed", 0, now, exportjob.Export{Started: now, Since: now, State: rivertype.JobStateRunning, Contacts: 1, Total: 3}},
		{"g", "installed", 0, now, exportjob.Export{Started: now, State: rivertype.JobStateRetryable, Attempt: 1, Error: "network"}},
		{"h", "installed", 0, now, exportjob.Export{Started: now, State: rivertype.JobStateRetryable, Attempt: 9, Error: "network"}},
	} {
		r := row{LocationID: location.id, State: location.state, Contacts: location.contacts, Checked: location.checked, Newest: now.Add(-time.Minute)}
		r.describe(location.export)
		rows = append(rows, r)
	}
	s := newStatus(rows, now)
	var out bytes.Buffer
	err := s.print(&out)
	want := `LOCATION  STATE            PROGRESS  CONTACTS  NEWEST CHANGE  READ        LATEST ERROR
d         failed           0 %       7         1 min ago      3 h ago     no space
e         install again    0 %       8         1 min ago      1 h ago     the API no longer accepts the token
h         retried          0 %       0         1 min ago      0 s ago     network
a         in step          100 %     500       1 min ago      1 min ago   -
b         reading all      20 %      100       1 min ago      2 days ago  -
c         waiting          0 %       0         1 min ago      never       -
f         reading changes  33 %      0         1 min ago      0 s ago     -
g         retried          0 %       0         1 min ago      0 s ago     network
8 locations, 615 contacts, newest change 1 min ago, all locations read never, 3 failed
`
	if diff := cmp.Diff(want, out.String()); diff != "" || err == nil || err.Error() != "3 of 8 locations have failed" {
		t.Errorf("%s\ngot the error %v, want 3 of 8 locations have failed", diff, err)
	}
}
