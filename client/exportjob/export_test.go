//go:build unix

package exportjob

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
)

// insertJob inserts a job as River stores it.
func insertJob(t *testing.T, db *pgxpool.Pool, location, run, state, attempt, failure string) {
	t.Helper()
	execute(t, db, `INSERT INTO river_job (id, args, kind, max_attempts, state, attempt, scheduled_at, finalized_at, errors)
		SELECT (SELECT count(*) + 1 FROM river_job), jsonb_build_object('location_id', $1::text, 'run', $2::text), 'highlevel_export', 25, $3::text::river_job_state,
			$4::int, '2026-11-25Z', CASE WHEN $3 IN ('completed', 'cancelled', 'discarded') THEN now() END,
			CASE WHEN $5 <> '' THEN array[jsonb_build_object('error', 'an earlier one'), jsonb_build_object('error', $5)] END`,
		location, run, state, attempt, failure)
}

func TestExports(t *testing.T) {
	t.Parallel()
	db := connect(t, newDatabase(t))
	day := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	for _, row := range []struct {
		location, run   string
		contacts, total int
		started, last   time.Time
		finished        bool
	}{
		{"cleaned", "1", 5, 5, day(22, 0), day(22, 1), true},
		{"cleaned", "2", 7, 7, day(23, 0), day(23, 1), true},
		{"empty", "2", 0, 0, day(23, 0), day(23, 1), true},
		{"failing", "2", 0, 0, day(23, 0), time.Time{}, false},
		{"next", "1", 9, 9, day(22, 0), day(22, 1), true},
		{"paused", "2", 200, 500, day(23, 0), day(23, 1), false},
		{"uninstalled", "2", 0, 0, day(22, 0), time.Time{}, false},
	} {
		execute(t, db, `INSERT INTO highlevel_exports (location_id, run, contacts, total, started_at, updated_at, finished_at)
			VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN $6::timestamptz END)`,
			row.location, row.run, row.contacts, row.total, row.started, orNull(&row.last), row.finished)
	}
	execute(t, db, `UPDATE highlevel_exports SET through = started_at WHERE location_id IN ('cleaned', 'paused')`)
	execute(t, db, `UPDATE highlevel_exports SET uninstalled_at = started_at WHERE location_id = 'uninstalled'`)
	insertJob(t, db, "empty", "2", "completed", "1", "")
	insertJob(t, db, "failing", "2", "retryable", "2", "exportjob: sink: no space")
	insertJob(t, db, "next", "1", "completed", "1", "")
	insertJob(t, db, "next", "2", "available", "0", "")
	insertJob(t, db, "paused", "2", "scheduled", "0", "")
	execute(t, db, `INSERT INTO river_job (id, args, kind, max_attempts) VALUES (99, '{"location_id": "other"}', 'another_kind', 25)`)

	got, err := Exports(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	want := []Export{
		{LocationID: "cleaned", Run: "2", Contacts: 7, Total: 7, Through: day(23, 0), Started: day(23, 0), Updated: day(23, 1), Finished: day(23, 1)},
		{LocationID: "empty", Run: "2", Started: day(23, 0), Updated: day(23, 1), Finished: day(23, 1), State: "completed", JobID: 1, Attempt: 1},
		{
			LocationID: "failing", Run: "2", Started: day(23, 0), State: "retryable", JobID: 2, Attempt: 2, Next: day(25, 0),
			Error: "exportjob: sink: no space",
		},
		{LocationID: "next", Run: "2", State: "available", JobID: 4},
		{
			LocationID: "paused", Run: "2", Contacts: 200, Total: 500, Started: day(23, 0), Updated: day(23, 1), State: "scheduled",
			JobID: 5, Next: day(25, 0),
		},
		{LocationID: "uninstalled", Run: "2", Started: day(22, 0), Uninstalled: day(22, 0)},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
		t.Error(diff)
	}
	if n, err := DeleteFinished(t.Context(), db, day(23, 0)); err != nil || n != 2 {
		t.Errorf("DeleteFinished: got %d, error %v, want 2", n, err)
	}
	if n := query[int](t, db, `SELECT count(*) FROM highlevel_exports`); n != 5 {
		t.Errorf("got %d exports after DeleteFinished, want 5", n)
	}
}
