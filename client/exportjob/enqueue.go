package exportjob

import (
	"context"
	"errors"
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

// Skipped is a location that has an unfinished job, of the same run or of an earlier one.
type Skipped struct {
	LocationID string
	Run        string // the run of the unfinished job
	JobID      int64
	State      rivertype.JobState // the state of the unfinished job
}

// Enqueue inserts a job for each location. A location with an unfinished job is skipped: that job
// continues, and the next run exports the location again. A location that is named twice has one
// job. The jobs are inserted in one transaction.
//
// It returns an error, and inserts no job, if run or one of the locations is empty.
func Enqueue(ctx context.Context, rc *river.Client[pgx.Tx], run string, locationIDs ...string) (Enqueued, error) {
	if run == "" {
		return Enqueued{}, errors.New("exportjob: Enqueue: empty run")
	}
	var params []river.InsertManyParams
	named := map[string]bool{}
	for i, locationID := range locationIDs {
		if locationID == "" {
			return Enqueued{}, fmt.Errorf("exportjob: Enqueue: location %d is empty", i)
		}
		if !named[locationID] {
			named[locationID] = true
			params = append(params, river.InsertManyParams{Args: Args{LocationID: locationID, Run: run}})
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
	for i, result := range results {
		args, _ := params[i].Args.(Args)
		if !result.UniqueSkippedAsDuplicate {
			enqueued.Inserted = append(enqueued.Inserted, args.LocationID)
			continue
		}
		unfinished, err := decodeArgs(result.Job)
		if err != nil {
			return Enqueued{}, fmt.Errorf("exportjob: Enqueue: job %d: %w", result.Job.ID, err)
		}
		enqueued.Skipped = append(enqueued.Skipped, Skipped{
			LocationID: args.LocationID, Run: unfinished.Run, JobID: result.Job.ID, State: result.Job.State,
		})
	}
	return enqueued, nil
}
