package exportjob

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/rivertype"
)

// Export describes the progress of the export of a location.
type Export struct {
	LocationID string
	Run        string
	// Contacts is the number of contacts that the [Sink] has stored.
	Contacts int
	// Total is the number of contacts of the location as the API reported it with the latest page;
	// 0 before the first page.
	Total int
	// Since is the time from which an incremental run reads updates; zero for a full run.
	Since time.Time
	// Through is the time through which the finished runs of the location have seen every update:
	// the Args.Since of its next run. It is zero if the next run must be full.
	Through time.Time
	// Started is when the first attempt started, Updated is when the latest page was stored, and
	// Finished is when the last page was stored. Each is zero before that.
	Started, Updated, Finished time.Time
	// Uninstalled is when the export ended because the app must be installed again; otherwise zero.
	Uninstalled time.Time

	// State is the state of the job in River. It is empty if River has deleted the job. By default,
	// River deletes a completed or canceled job after a day, and a discarded one after a week.
	State rivertype.JobState
	// JobID is the ID of the job, or 0 if River has deleted it.
	JobID int64
	// Attempt is the number of attempts. Attempts that ended with their slice, for the rate limit,
	// or because River stopped do not count.
	Attempt int
	// Next is when a job that is scheduled or retryable continues; otherwise it is zero.
	Next time.Time
	// Error is the message of the latest failed attempt, even if a later attempt has succeeded. It
	// is empty if none has failed.
	Error string
}

// Exports returns the latest export of each location, in the order of the location IDs. The tables
// of River must be in the search path of db.
func Exports(ctx context.Context, db *pgxpool.Pool) ([]Export, error) {
	rows, _ := db.Query(ctx, `
		WITH job AS (
			SELECT DISTINCT ON (args->>'location_id') args->>'location_id' AS location_id, args->>'run' AS run,
				id, state::text AS state, attempt, scheduled_at, errors[cardinality(errors)]->>'error' AS error
			FROM river_job WHERE kind = $1 ORDER BY args->>'location_id', id DESC
		), latest AS (
			SELECT DISTINCT ON (location_id) location_id, run FROM highlevel_exports
			ORDER BY location_id, started_at DESC
		), named AS (
			SELECT location_id, coalesce(job.run, latest.run) AS run, id, state, attempt, scheduled_at, error
			FROM job FULL JOIN latest USING (location_id)
		)
		SELECT location_id, run, coalesce(contacts, 0), coalesce(total, 0), updated_since,
			(SELECT max(f.through) FROM highlevel_exports f WHERE f.location_id = named.location_id AND f.finished_at IS NOT NULL), started_at, updated_at, finished_at, uninstalled_at, coalesce(state, ''), coalesce(id, 0), coalesce(attempt, 0),
			CASE WHEN state IN ('scheduled', 'retryable') THEN scheduled_at END, coalesce(error, '')
		FROM named LEFT JOIN highlevel_exports USING (location_id, run) ORDER BY location_id`, kind)
	exports, err := pgx.CollectRows(rows, scanExport) // returns the error of Query too
	return exports, wrap("Exports", err)
}

func scanExport(row pgx.CollectableRow) (e Export, err error) {
	err = row.Scan(&e.LocationID, &e.Run, &e.Contacts, &e.Total, orNull(&e.Since), orNull(&e.Through),
		orNull(&e.Started), orNull(&e.Updated), orNull(&e.Finished), orNull(&e.Uninstalled),
		&e.State, &e.JobID, &e.Attempt, orNull(&e.Next), &e.Error)
	return e, err
}

// DeleteFinished deletes the records of the exports that finished before the given time, or ended
// because the app must be installed again, and returns their number. It keeps the latest finished
// record of each location, which has Export.Through. A later job with the same location and run as a
// deleted record exports the location from the beginning. 100,000 records take about 30 MB.
func DeleteFinished(ctx context.Context, db *pgxpool.Pool, before time.Time) (int64, error) {
	tag, err := db.Exec(ctx, `DELETE FROM highlevel_exports WHERE coalesce(finished_at, uninstalled_at) < $1
		AND (location_id, run) NOT IN (
			SELECT DISTINCT ON (location_id) location_id, run FROM highlevel_exports WHERE finished_at IS NOT NULL
			ORDER BY location_id, through DESC NULLS LAST, finished_at DESC
		)`, before)
	return tag.RowsAffected(), wrap("DeleteFinished", err)
}
