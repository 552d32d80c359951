// Package exportjob exports all contacts of many locations into PostgreSQL, with the job queue
// River (github.com/riverqueue/river, MPL-2.0), on any number of machines. Each contact is stored
// once per export, even if processes are killed or frozen, and an export continues where it was
// interrupted.
//
//	worker := exportjob.NewWorker(clientPool.Client, insertContacts)
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
//	enqueued, err := exportjob.Enqueue(ctx, rc, "2026-11-24", locationIDs...)
//
// # Exactly once
//
// One transaction stores the contacts of a page, which the [Sink] writes, and the position after
// the page; with the last page it also completes the job. So the contacts and the position are
// stored both or not at all. The position is in a table of this package, because River does not
// fence attempts: when River has started a job again, the earlier attempt can still write. An
// attempt claims the export when it starts, and stores a page only if no later attempt has claimed
// the export. An attempt that was replaced stops and does not change the job.
//
// A contact that the API lists again on the next two pages is passed to the sink once. A contact
// that is created or deleted during an export may or may not be in it.
//
// # Runs
//
// A job exports one location for one run, see [Args]. A location has one unfinished job at a time,
// whatever its run. If a job of yesterday's run has not finished, [Enqueue] skips the location and
// reports it. If a job was canceled or discarded, a new job of the same run continues at its
// position, and a job of another run starts at the beginning. A new job of a run that has finished
// completes without a request. If the API no longer accepts an old position, the job fails; start a
// new run.
//
// # Slices
//
// An attempt ends after about a minute ([WithSlice]) and River continues the job, at once or after
// the jobs that wait. River has no heartbeat: it considers an attempt dead a fixed time after its
// start, RescueStuckJobsAfter. With slices this time can be less than two minutes instead of
// River's default of an hour. [Configure] sets it. River looks for such jobs every 30 seconds. The
// job of a process that was killed therefore continues about two minutes later, and repeats one
// request at most.
//
// When River stops its client, Stop waits for the slices to end; set SoftStopTimeout in the
// configuration of River to a few seconds to cancel them. Nothing is lost except the page in
// progress.
//
// # Failures
//
// A failed attempt is retried after 2 seconds, and after up to 10 minutes when it fails again.
// After 25 failed attempts, which is River's default, the job is discarded. Neither the end of a
// slice nor the stop of a client counts as a failed attempt; a killed process does. In addition:
//
//   - When the daily limit is exhausted (client.ErrDailyLimit), or the API asks for a long pause,
//     the job is snoozed until the API accepts requests again. That does not count as an attempt.
//   - When the app must be installed again (oauth.ErrReinstallRequired), the job is canceled with
//     that error.
//
// The texts of errors, which River stores in the job, and the log records contain no contact. What
// looks like an email address, a phone number or a token is removed from the errors of the sink.
//
// # Rate limits
//
// Because a location has one job at a time, the rate limiter of its client in one process is
// sufficient. When the job continues in another process, that process waits if the API's window had
// no capacity left. If other programs call the API for the same location, share the limit: by
// postgres.NewPacer in module client/postgres, or by client.WithShare.
package exportjob
