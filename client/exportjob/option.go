package exportjob

import (
	"log/slog"
	"time"
)

const (
	defaultSlice       = time.Minute
	defaultPageTimeout = 30 * time.Second
)

// An Option configures the worker of [NewWorker].
type Option func(*worker)

// WithSlice sets how long an attempt works before it ends and lets other jobs run, one minute by
// default. The job continues as soon as a worker is free. A duration of 0 or less has no effect.
//
// With a shorter slice, the jobs of a process that was killed continue earlier. Each slice costs a
// few milliseconds and one update of the job.
func WithSlice(d time.Duration) Option {
	return func(w *worker) {
		if d > 0 {
			w.slice = d
		}
	}
}

// WithPageTimeout sets how long the last page of a slice may take: the request, with its retries
// and its wait for the rate limit, and the [Sink]. The default is 30 seconds. A duration of 0 or
// less has no effect.
//
// The timeout of an attempt is the slice plus the page timeout. PostgreSQL ends a transaction of
// the worker that is idle for as long as the page timeout, so the Sink must not pause that long
// between two statements.
func WithPageTimeout(d time.Duration) Option {
	return func(w *worker) {
		if d > 0 {
			w.pageTimeout = d
		}
	}
}

// WithLogger sets the logger, which receives a record when an attempt starts, finishes, pauses,
// fails or is replaced. The records contain the location ID, the run, the job ID, the number of
// contacts and the error, but no data of contacts. Without this option, or with nil, nothing is
// logged.
func WithLogger(logger *slog.Logger) Option {
	return func(w *worker) {
		if logger == nil {
			logger = slog.New(slog.DiscardHandler)
		}
		w.logger = logger
	}
}
