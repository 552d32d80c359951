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
		{
			name: "the same run", run: "1", locations: []string{"a", "c"}, state: "available",
			want: Enqueued{Inserted: []string{"c"}, Skipped: []Skipped{{LocationID: "a", Run: "1", State: "available"}}},
		},
		{
			name: "the next run while a job waits for its retry", run: "2", locations: []string{"a", "d"}, state: "retryable",
			want: Enqueued{Inserted: []string{"d"}, Skipped: []Skipped{{LocationID: "a", Run: "1", State: "retryable"}}},
		},
		{
			name: "the next run while a job is running", run: "2", locations: []string{"a"}, state: "running",
			want: Enqueued{Skipped: []Skipped{{LocationID: "a", Run: "1", State: "running"}}},
		},
		{
			name: "the next run while a job waits for the daily limit", run: "2", locations: []string{"a"}, state: "scheduled",
			want: Enqueued{Skipped: []Skipped{{LocationID: "a", Run: "1", State: "scheduled"}}},
		},
		{
			name: "the next run while a job is pending", run: "2", locations: []string{"a"}, state: "pending",
			want: Enqueued{Skipped: []Skipped{{LocationID: "a", Run: "1", State: "pending"}}},
		},
		{name: "the next run after a canceled job", run: "2", locations: []string{"a"}, state: rivertype.JobStateCancelled, want: Enqueued{Inserted: []string{"a"}}},
		{name: "the next run after a discarded job", run: "3", locations: []string{"a"}, state: "discarded", want: Enqueued{Inserted: []string{"a"}}},
		{name: "the same run after a completed job", run: "3", locations: []string{"a"}, state: "completed", want: Enqueued{Inserted: []string{"a"}}},
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
			for _, skipped := range got.Skipped {
				if skipped.JobID == 0 {
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
