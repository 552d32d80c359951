//go:build unix

package exportjob

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

func TestEnqueue(t *testing.T) {
	db := connect(t, newDatabase(t))
	rc, err := river.NewClient(riverpgxv5.New(db), &river.Config{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	skipped := func(state rivertype.JobState, inserted ...string) Enqueued {
		return Enqueued{Inserted: inserted, Skipped: []Skipped{{LocationID: "a", Run: "1", State: state}}}
	}
	for _, row := range []struct {
		name      string
		run       string
		locations []string
		state     rivertype.JobState // of the jobs that exist
		want      Enqueued
		err       string
	}{
		{name: "no run", locations: []string{"a"}, err: "exportjob: Enqueue: job 1: LocationID or Run is empty"},
		{name: "an empty location", run: "1", locations: []string{"a", ""}, err: "exportjob: Enqueue: job 2: LocationID or Run is empty"},
		{name: "no locations", run: "1"},
		{name: "a location twice", run: "1", locations: []string{"b", "a", "b"}, want: Enqueued{Inserted: []string{"b", "a"}}},
		{name: "the same run", run: "1", locations: []string{"a", "c"}, state: "available", want: skipped("available", "c")},
		{name: "a job waits for its retry", run: "2", locations: []string{"a", "d"}, state: "retryable", want: skipped("retryable", "d")},
		{name: "a job is running", run: "2", locations: []string{"a"}, state: "running", want: skipped("running")},
		{name: "a job waits for the daily limit", run: "2", locations: []string{"a"}, state: "scheduled", want: skipped("scheduled")},
		{name: "a job is pending", run: "2", locations: []string{"a"}, state: "pending", want: skipped("pending")},
		{name: "after a canceled job", run: "2", locations: []string{"a"}, state: rivertype.JobStateCancelled, want: Enqueued{Inserted: []string{"a"}}},
		{name: "after a discarded job", run: "3", locations: []string{"a"}, state: "discarded", want: Enqueued{Inserted: []string{"a"}}},
		{name: "after a completed job", run: "3", locations: []string{"a"}, state: "completed", want: Enqueued{Inserted: []string{"a"}}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.state != "" {
				execute(t, db, `UPDATE river_job SET state = $1::text::river_job_state,
					finalized_at = CASE WHEN $1 IN ('cancelled', 'discarded', 'completed') THEN now() END`, string(row.state))
			}
			var jobs []Args
			for _, id := range row.locations {
				jobs = append(jobs, Args{LocationID: id, Run: row.run})
			}
			got, err := Enqueue(t.Context(), rc, jobs...)
			if text := errorText(err); text != row.err {
				t.Errorf("got the error %q, want %q", text, row.err)
			}
			if diff := cmp.Diff(row.want, got, cmpopts.IgnoreFields(Skipped{}, "JobID")); diff != "" {
				t.Error(diff)
			}
			for _, skip := range got.Skipped {
				if skip.JobID == 0 {
					t.Error("a skipped location has no job ID")
				}
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
