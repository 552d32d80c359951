package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

const (
	fullInterval = 7 * 24 * time.Hour
	keepRecords  = 24 * time.Hour  // age at which the records of exports are deleted
	skippedPause = 5 * time.Second // time after which -now tries again to start the runs that it skipped
)

// startArgs are the arguments of the job that starts a run: every 15 minutes, after an installation,
// and with -now. Each is inserted, however many there are, so that no start is lost.
type startArgs struct {
	LocationID string    `json:"location_id,omitempty"` // the only location; empty for all of them
	Full       time.Time `json:"full,omitzero"`         // time since which every contact must be read; zero if the week decides
}

func (startArgs) Kind() string { return "mirror_start" }

// startWorker starts the export of each location: of all contacts if those were not read within a
// week, or else of what has changed since the latest export.
type startWorker struct {
	river.WorkerDefaults[startArgs]
	*mirror
}

func (w *startWorker) Work(ctx context.Context, job *river.Job[startArgs]) error {
	if job.Args.LocationID == "" {
		if err := w.locations.discover(ctx); err != nil {
			return err
		}
	}
	exports, err := exportjob.Exports(ctx, w.pool)
	if err != nil {
		return err
	}
	if err := w.storeResults(ctx, exports); err != nil {
		return err
	}
	if _, err := w.pool.Exec(ctx, `UPDATE mirror_locations SET full_due = least($1, now())
		WHERE full_due > $1 AND full_due - $2::interval < $1`, job.Args.Full, fullInterval); err != nil {
		return err
	}
	runs, err := w.dueRuns(ctx, job.Args.LocationID, exports)
	if err != nil {
		return err
	}
	enqueued, err := exportjob.Enqueue(ctx, w.river, runs...)
	if err != nil {
		return err
	}
	if _, err := exportjob.DeleteFinished(ctx, w.pool, time.Now().Add(-keepRecords)); err != nil {
		return err
	}
	if err := deleteRows(ctx, w.pool); err != nil {
		return err
	}
	if len(enqueued.Skipped) > 0 && !job.Args.Full.IsZero() { // their exports have not finished
		return river.JobSnooze(skippedPause)
	}
	return nil
}

// storeResults stores when the latest exports finished. After a full run, the next one is due a week
// later, unless it has become due during the run.
func (m *mirror) storeResults(ctx context.Context, exports []exportjob.Export) error {
	var batch pgx.Batch
	for _, e := range exports {
		if !e.Finished.IsZero() {
			batch.Queue(`UPDATE mirror_locations SET checked_at = $2,
				full_due = CASE WHEN $3 AND full_due <= $4 THEN $4 + $5::interval ELSE full_due END WHERE location_id = $1`,
				e.LocationID, e.Finished, e.Since.IsZero(), e.Started, fullInterval)
		}
	}
	return m.pool.SendBatch(ctx, &batch).Close()
}

// dueRuns returns the exports to insert: a full run if one is due, or else a search for what was
// updated since the latest export.
func (m *mirror) dueRuns(ctx context.Context, locationID string, exports []exportjob.Export) ([]exportjob.Args, error) {
	through := map[string]time.Time{}
	for _, e := range exports {
		through[e.LocationID] = e.Through
	}
	rows, err := m.pool.Query(ctx, `SELECT location_id, full_due <= now() FROM mirror_locations
		WHERE state = 'installed' AND ($1 = '' OR location_id = $1)`, locationID)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	return pgx.CollectRows(rows, func(scanned pgx.CollectableRow) (exportjob.Args, error) {
		args := exportjob.Args{Run: "full " + now}
		var isFull bool
		err := scanned.Scan(&args.LocationID, &isFull)
		if !isFull {
			args.Run, args.Since = "changes "+now, through[args.LocationID]
		}
		return args, err
	})
}
