package exportjob

import (
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Queue is the name of the River queue of the jobs. [Configure] adds it to a configuration.
const Queue = "highlevel_export"

const kind = "highlevel_export" // kind of the jobs in River

// Args are the arguments of a job that exports the contacts of one location. LocationID and Run are
// required.
//
// A location has one unfinished job at a time, whatever its run: River does not insert another one
// while a job of the location is available, pending, retryable, running or scheduled. [Enqueue]
// reports the locations that were skipped for that reason; River reports them as
// UniqueSkippedAsDuplicate.
type Args struct {
	// LocationID is the location whose contacts are exported.
	LocationID string `json:"location_id" river:"unique"`
	// Run is the name of the export, such as a date. A job continues where an earlier job of the
	// same location and run ended, and exports nothing if the run has finished. A new name starts
	// at the beginning.
	Run string `json:"run"`
	// Since makes the run incremental: it exports the contacts that were updated since then, and a
	// little before, see Settings.Overlap. It is the Through of the location's [Export]. If it is
	// zero, the run is full: it exports all contacts.
	Since time.Time `json:"since,omitzero"`
}

// Kind returns the kind of the jobs in River, "highlevel_export".
func (Args) Kind() string { return kind }

// InsertOpts returns the queue, and the options that make a location's job unique. If you pass
// other options to River, leave UniqueOpts at its zero value.
func (Args) InsertOpts() river.InsertOpts {
	return river.InsertOpts{
		Queue: Queue,
		UniqueOpts: river.UniqueOpts{
			ByArgs: true, // the fields with the tag unique
			ByState: []rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
				rivertype.JobStateRunning, rivertype.JobStateScheduled,
			},
		},
	}
}
