package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client/exportjob"
)

// keepRecords is how long the records of finished exports remain.
const keepRecords = 30 * 24 * time.Hour

// startArgs are the arguments of the job that starts the export of a night. It is inserted once for
// each run.
type startArgs struct {
	Run string `json:"run"`
}

func (startArgs) Kind() string { return "nightly_start" }

func (startArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// startWorker inserts a job for each location.
type startWorker struct {
	river.WorkerDefaults[startArgs]

	directory *directory
	pool      *pgxpool.Pool
	logger    *slog.Logger
}

func (w *startWorker) Work(ctx context.Context, job *river.Job[startArgs]) error {
	locations, err := w.directory.locations(ctx)
	if err != nil {
		return err
	}
	var jobs []exportjob.Args
	for _, id := range locations {
		jobs = append(jobs, exportjob.Args{LocationID: id, Run: job.Args.Run})
	}
	enqueued, err := exportjob.Enqueue(ctx, river.ClientFromContext[pgx.Tx](ctx), jobs...)
	if err != nil {
		return err
	}
	for _, skipped := range enqueued.Skipped {
		w.logger.WarnContext(ctx, "location was skipped: its earlier export has not finished", "location_id", skipped.LocationID,
			"run", job.Args.Run, "unfinished_run", skipped.Run, "state", skipped.State)
	}
	w.logger.InfoContext(ctx, "export of the night was started", "run", job.Args.Run, "locations", len(locations),
		"inserted", len(enqueued.Inserted), "skipped", len(enqueued.Skipped))
	_, err = exportjob.DeleteFinished(ctx, w.pool, time.Now().Add(-keepRecords))
	return err
}
