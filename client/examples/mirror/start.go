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
	keepRecords  = 24 * time.Hour // of finished exports
)

// startArgs are the arguments of the job that starts a run: every 15 minutes, after an installation,
// and with -now. Each is inserted, however many there are, so that no start is lost.
type startArgs struct {
	LocationID string `json:"location_id,omitempty"` // the only location; empty for all of them
	Full       bool   `json:"full,omitempty"`        // whether to read every contact, though the week has not ended
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
	if err := w.storeResults(ctx); err != nil {
		return err
	}
	runs, err := w.dueRuns(ctx, job.Args, time.Now())
	if err != nil {
		return err
	}
	if len(runs) > 0 { // a location whose export has not finished is skipped
		if _, err := w.river.InsertMany(ctx, runs); err != nil {
			return err
		}
	}
	if _, err := exportjob.DeleteFinished(ctx, w.pool, time.Now().Add(-keepRecords)); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error { return deleteRows(ctx, tx) })
}

// storeResults stores what the exports that have finished have seen, from which the next ones
// continue.
func (m *mirror) storeResults(ctx context.Context) error {
	exports, err := exportjob.Exports(ctx, m.pool)
	if err != nil {
		return err
	}
	var batch pgx.Batch
	for _, e := range exports {
		if e.Finished.IsZero() {
			continue
		}
		batch.Queue(`UPDATE mirror_locations SET through = greatest(through, $2), checked_at = $3,
			full_at = CASE WHEN $4 THEN $5 ELSE full_at END WHERE location_id = $1`,
			e.LocationID, e.Through, e.Finished, e.Since.IsZero(), e.Started)
	}
	return m.pool.SendBatch(ctx, &batch).Close()
}

// dueRuns returns the exports to insert at the time now. A full run is named after the day, so that
// it continues if its job was discarded on that day.
func (m *mirror) dueRuns(ctx context.Context, args startArgs, now time.Time) ([]river.InsertManyParams, error) {
	rows, err := m.pool.Query(ctx, `SELECT location_id, through, $2 OR through IS NULL OR full_at IS NULL OR full_at < $3
		FROM mirror_locations WHERE state = 'installed' AND ($1 = '' OR location_id = $1)`,
		args.LocationID, args.Full, now.Add(-fullInterval))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(scanned pgx.CollectableRow) (river.InsertManyParams, error) {
		var run exportjob.Args
		var through *time.Time
		var full bool
		err := scanned.Scan(&run.LocationID, &through, &full)
		switch {
		case args.Full:
			run.Run = "full " + now.UTC().Format(time.RFC3339Nano)
		case full:
			run.Run = "full " + now.UTC().Format(time.DateOnly)
		default:
			run.Run, run.Since = "changes "+now.UTC().Format(time.RFC3339Nano), *through
		}
		return river.InsertManyParams{Args: run}, err
	})
}
