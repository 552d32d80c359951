package exportjob

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Enqueued is the result of [Enqueue].
type Enqueued struct {
	Inserted []string  // the locations that have a new job, in the order of the arguments
	Skipped  []Skipped // the locations that have an unfinished job
}

// Skipped describes a location for which [Enqueue] inserted no job, because it has an unfinished
// job of the same run or of another one.
type Skipped struct {
	LocationID string
	Run        string             // the run of the unfinished job
	JobID      int64              // the ID of the unfinished job
	State      rivertype.JobState // the state of the unfinished job
}

// Enqueue inserts jobs in one transaction. It skips a location that has an unfinished job: that job
// continues, and the next run exports the location again. Of two jobs for one location it inserts
// the first.
//
// Enqueue inserts no job if it returns an error, for example because a run or a location ID is empty.
func Enqueue(ctx context.Context, rc *river.Client[pgx.Tx], jobs ...Args) (Enqueued, error) {
	var params []river.InsertManyParams
	seen := map[string]bool{}
	for i, args := range jobs {
		if args.Run == "" || args.LocationID == "" {
			return Enqueued{}, fmt.Errorf("exportjob: Enqueue: job %d: LocationID or Run is empty", i+1)
		}
		if !seen[args.LocationID] {
			seen[args.LocationID] = true
			params = append(params, river.InsertManyParams{Args: args})
		}
	}
	if len(params) == 0 {
		return Enqueued{}, nil
	}
	results, err := rc.InsertMany(ctx, params)
	if err != nil {
		return Enqueued{}, fmt.Errorf("exportjob: Enqueue: %w", err)
	}
	var enqueued Enqueued
	for _, result := range results {
		var args Args // those of the unfinished job, if there is one
		if err := json.Unmarshal(result.Job.EncodedArgs, &args); err != nil {
			return Enqueued{}, fmt.Errorf("exportjob: Enqueue: job %d: %w", result.Job.ID, err)
		}
		if result.UniqueSkippedAsDuplicate {
			enqueued.Skipped = append(enqueued.Skipped, Skipped{
				LocationID: args.LocationID, Run: args.Run, JobID: result.Job.ID, State: result.Job.State,
			})
		} else {
			enqueued.Inserted = append(enqueued.Inserted, args.LocationID)
		}
	}
	return enqueued, nil
}
