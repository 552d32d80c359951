package exportjob

import (
	"cmp"
	"fmt"
	"maps"
	"time"

	"github.com/riverqueue/river"
)

const (
	// rescueMargin is the time that an attempt has to end after its timeout.
	rescueMargin   = 10 * time.Second
	defaultWorkers = 10 // of the queue, in each process
)

// Configure changes config for a River client that works the jobs of worker:
//
//   - It adds worker to Workers.
//   - It adds [Queue] to Queues, with 10 workers, unless Queues has it.
//   - It sets RescueStuckJobsAfter, if it is zero, to the timeout of the worker plus 10 seconds,
//     100 seconds by default, or to the JobTimeout of the client if that is longer.
//
// The timeout of the worker is the slice plus the page timeout.
//
// Configure returns an error if RescueStuckJobsAfter is set and not longer than the timeout of the
// worker, or if Workers already has a worker for [Args]. Call it for each client that may become the
// leader, see "Slices" in the package documentation.
func Configure(config *river.Config, worker river.Worker[Args]) error {
	timeout := worker.Timeout(&river.Job[Args]{})
	rescue := config.RescueStuckJobsAfter
	if rescue == 0 {
		rescue = max(timeout+rescueMargin, cmp.Or(config.JobTimeout, river.JobTimeoutDefault))
	}
	if rescue <= timeout {
		return fmt.Errorf("exportjob: Configure: RescueStuckJobsAfter is %v, want more than %v, the timeout of the worker (slice plus page timeout)", rescue, timeout)
	}
	workers := cmp.Or(config.Workers, river.NewWorkers())
	if err := river.AddWorkerSafely(workers, worker); err != nil {
		return fmt.Errorf("exportjob: Configure: %w", err)
	}
	queues := map[string]river.QueueConfig{Queue: {MaxWorkers: defaultWorkers}}
	maps.Copy(queues, config.Queues)
	config.RescueStuckJobsAfter, config.Workers, config.Queues = rescue, workers, queues
	return nil
}
