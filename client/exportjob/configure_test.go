//go:build unix

package exportjob

import (
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

func TestConfigure(t *testing.T) {
	db := connect(t, "postgres://127.0.0.1:1/unused") // River connects when it starts
	workers := river.NewWorkers()
	river.AddWorker(workers, newWorker(sameClient(nil), store("1")))
	for _, row := range []struct {
		name     string
		config   river.Config
		settings []Settings
		rescue   time.Duration
		jobs     int
		err      string
	}{
		{name: "defaults", rescue: 100 * time.Second, jobs: 10},
		{name: "short slices", settings: []Settings{{Slice: time.Second, PageTimeout: time.Second}}, rescue: time.Minute, jobs: 10},
		{
			name: "short slices and jobs", config: river.Config{JobTimeout: time.Second}, rescue: 12 * time.Second, jobs: 10,
			settings: []Settings{{Slice: time.Second, PageTimeout: time.Second}},
		},
		{name: "a longer job", config: river.Config{JobTimeout: 5 * time.Minute}, rescue: 5 * time.Minute, jobs: 10},
		{name: "no timeout of other jobs", config: river.Config{JobTimeout: -1}, rescue: 100 * time.Second, jobs: 10},
		{name: "the caller's time", config: river.Config{RescueStuckJobsAfter: 91 * time.Second}, rescue: 91 * time.Second, jobs: 10},
		{
			name: "too short", config: river.Config{RescueStuckJobsAfter: 90 * time.Second}, rescue: 90 * time.Second,
			err: "exportjob: Configure: RescueStuckJobsAfter is 1m30s, want more than 1m30s, the timeout of the worker (slice plus page timeout)",
		},
		{
			name: "the caller's queue", config: river.Config{Queues: map[string]river.QueueConfig{Queue: {MaxWorkers: 3}}},
			rescue: 100 * time.Second, jobs: 3,
		},
		{name: "registered twice", config: river.Config{Workers: workers}, err: `exportjob: Configure: worker for kind "highlevel_export" is already registered`},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := row.config
			err := Configure(&config, newWorker(sameClient(nil), store("1"), row.settings...))
			if got := errorText(err); got != row.err {
				t.Fatalf("got the error %q, want %q", got, row.err)
			}
			if jobs := config.Queues[Queue].MaxWorkers; config.RescueStuckJobsAfter != row.rescue || jobs != row.jobs {
				t.Errorf("got rescue after %v and %d workers, want %v and %d", config.RescueStuckJobsAfter, jobs, row.rescue, row.jobs)
			}
			if err == nil {
				if _, err := river.NewClient(riverpgxv5.New(db), &config); err != nil {
					t.Errorf("River rejects the configuration: %v", err)
				}
			}
		})
	}
}

func TestNewWorker_Invalid(t *testing.T) {
	t.Parallel()
	clients := sameClient(nil)
	for name, settings := range map[string]Settings{
		"no clients":            {Sink: store("1")},
		"no sink":               {Clients: clients},
		"stored alone":          {Clients: clients, Sink: store("1"), Stored: mirror(Settings{}).Stored},
		"short overlap":         {Clients: clients, Sink: store("1"), Overlap: time.Second},
		"negative slice":        {Clients: clients, Sink: store("1"), Slice: -1},
		"negative page timeout": {Clients: clients, Sink: store("1"), PageTimeout: -1},
	} {
		if w, err := NewWorker(settings); err == nil || w != nil {
			t.Errorf("%s: got %v, error %v, want an error", name, w, err)
		}
	}
}
