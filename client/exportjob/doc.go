// Package exportjob exports the contacts of many locations into PostgreSQL, all of them or those that
// have changed, with the job queue River (github.com/riverqueue/river, MPL-2.0), on any number of
// machines. Each contact is stored once per export, even if processes are killed or frozen, and an
// export continues where it was interrupted.
//
//	worker, err := exportjob.NewWorker(exportjob.Settings{Clients: clientPool.Client, Sink: insertContacts})
//	if err != nil {
//		return err
//	}
//	if err := exportjob.Migrate(ctx, db); err != nil {
//		return err
//	}
//	config := &river.Config{}
//	if err := exportjob.Configure(config, worker); err != nil {
//		return err
//	}
//	rc, err := river.NewClient(riverpgxv5.New(db), config)
//	if err != nil {
//		return err
//	}
//	if err := rc.Start(ctx); err != nil {
//		return err
//	}
//	enqueued, err := exportjob.Enqueue(ctx, rc, exportjob.Args{LocationID: locationID, Run: "2026-11-24"})
//
// # Exactly once
//
// The [Sink] writes the contacts of a page in the same transaction that stores the position after
// the page. The transaction of the last page also completes the job. So either the contacts and the
// position are stored, or neither is.
//
// When River starts a job again, the earlier attempt may still be running. Therefore an attempt
// claims the export when it starts, and stores a page only if no later attempt has claimed it. An
// attempt that was replaced stops and does not change the job. A table of this package contains
// the claim and the position. The attempt that claims the export ends the transactions of earlier
// attempts with pg_terminate_backend, because those of a frozen process hold locks. So all
// processes connect to PostgreSQL with the same role.
//
// If the API returns a contact again on the next two pages, the Sink receives it once. A contact that
// is created or deleted during an export may or may not be in it.
//
// # Full and incremental runs
//
// A full run reads all contacts, the oldest first, in pages of 500. Before that it asks for the
// contact that was updated last: [Export] then has the time Through which the run has seen every
// update.
//
// A run with Args.Since reads only the contacts that were updated since then, in the order of their
// dateUpdated. It costs one request, and one more for each 500 contacts. Since is the Through of the
// run before, never the clock:
//
//	exports, err := exportjob.Exports(ctx, db)
//	...
//	jobs = append(jobs, exportjob.Args{LocationID: export.LocationID, Run: run, Since: export.Through})
//
// The API's index shows an update up to a minute late, so a run begins two minutes before Since, and
// the Sink receives the contacts of that time again. A contact that is updated during the run can be
// received twice in it, with another DateUpdated. So a Sink that stores the latest version compares
// DateUpdated. Updated means touched: tags, notes and workflows count.
//
// Searches do not show which contacts were deleted. A full run with the functions Stored and Missing
// of [Settings] reports those that it has not seen, after it has asked for each one by its ID. For
// some seconds, a search still returns a contact that was deleted, so a later full run can be the
// one that reports it.
//
// # Runs
//
// A job exports one location for one run, see [Args]. A location has one unfinished job at a time,
// whatever its run. If a job of yesterday's run has not finished, [Enqueue] skips the location and
// reports it. If a job was canceled or discarded, a new job of the same run continues at its
// position, and a job of another run starts at the beginning. A new job of a run that has finished
// completes immediately and sends no request. If the API no longer accepts an old position, the job
// fails; start a new run.
//
// # Slices
//
// An attempt ends after a slice of about a minute. River then works the jobs that are
// waiting, and continues the job after them.
//
// With slices, other processes soon continue the jobs of a process that was killed. River has no
// heartbeat: it assumes that an attempt has ended when RescueStuckJobsAfter has passed since the
// start of the attempt, and looks for such jobs every 30 seconds. River's default is an hour. With
// slices, less than two minutes are enough, and [Configure] sets that. So the job continues about
// two minutes after the kill. It sends at most one request again.
//
// One River client of a schema, the leader, finds these jobs. It discards jobs for which it has no
// worker. So call [Configure] for each client that may become the leader, and set
// LeaderElectionDisabled for the others.
//
// Stop of a River client waits until the slices have ended. To cancel them earlier, set
// SoftStopTimeout in the configuration of River to a few seconds. A canceled attempt loses only
// the page in progress.
//
// # Failures
//
// A failed attempt is retried after 2 seconds, and after up to 10 minutes when it fails again.
// After 25 failed attempts, which is River's default, the job is discarded. The end of a process
// that is killed counts as a failed attempt. The end of a slice and the stop of a River client do
// not. Three failures are treated differently:
//
//   - When a rate limit is exhausted (client.ErrRateLimited), usually the daily limit, the job is
//     snoozed until the API accepts requests again. That does not count as a failed attempt.
//   - When the app must be installed again (oauth.ErrReinstallRequired), the job completes, and
//     [Export] has the time. [Settings] can have a function that decides about the contacts.
//   - When the Sink returns an error of river.JobCancel, the job is canceled with that error.
//
// River stores the error of a failed attempt in the job. Errors and log records of this package
// contain no data of contacts: a message of the Sink that could contain some is withheld, and the
// value of a panic is neither stored nor logged.
//
// # Rate limits
//
// A location has one job at a time, and its pages are requested one after the other, so the pacer of
// its client is sufficient. If other programs send requests for the same location, share the limit
// with postgres.NewPacers of module client/postgres, or with client.WithShare.
package exportjob
