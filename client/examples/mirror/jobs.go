package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/exportjob"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

const fullInterval = 7 * 24 * time.Hour

// startArgs are the arguments of the job that starts a run: every 15 minutes, after an installation,
// and with -now. Each is inserted, however many there are, so that no start is lost.
type startArgs struct{}

func (startArgs) Kind() string { return "mirror_start" }

// startExports starts the export of each location: of all contacts if those were not read within a
// week, or else of what has changed since the latest export. A location whose export has not finished
// follows with the next run.
func (m *mirror) startExports(ctx context.Context, _ *river.Job[startArgs]) error {
	if err := m.discover(ctx); err != nil {
		return err
	}
	exports, err := exportjob.Exports(ctx, m.pool)
	if err != nil {
		return err
	}
	if err := m.storeResults(ctx, exports); err != nil {
		return err
	}
	runs, err := m.dueRuns(ctx, exports)
	if err != nil {
		return err
	}
	if _, err := exportjob.Enqueue(ctx, m.river, runs...); err != nil {
		return err
	}
	if _, err := exportjob.DeleteFinished(ctx, m.pool, time.Now().Add(-24*time.Hour)); err != nil {
		return err
	}
	return m.deleteRows(ctx)
}

// storeResults stores when the latest exports finished. After a full run, the next one is due a week
// later, unless it has become due during the run.
func (m *mirror) storeResults(ctx context.Context, exports []exportjob.Export) error {
	var batch pgx.Batch
	for _, e := range exports {
		if !e.Finished.IsZero() {
			batch.Queue(`UPDATE mirror_locations SET checked_at = $2,
				full_due = CASE WHEN $3 AND full_due <= $4 THEN $4 + $5::interval ELSE full_due END WHERE location_id = $1`,
				e.LocationID, e.Finished, e.Since.IsZero(), e.Started, fullInterval)
		}
	}
	return m.pool.SendBatch(ctx, &batch).Close()
}

// dueRuns returns the exports to insert: a full run if one is due, or else a search for what was
// updated since the latest export.
func (m *mirror) dueRuns(ctx context.Context, exports []exportjob.Export) ([]exportjob.Args, error) {
	through := map[string]time.Time{}
	for _, e := range exports {
		through[e.LocationID] = e.Through
	}
	rows, err := m.pool.Query(ctx, `SELECT location_id, full_due <= now() FROM mirror_locations WHERE state = 'installed'`)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Format(time.RFC3339Nano)
	return pgx.CollectRows(rows, func(scanned pgx.CollectableRow) (exportjob.Args, error) {
		args := exportjob.Args{Run: "full " + now}
		var isFull bool
		err := scanned.Scan(&args.LocationID, &isFull)
		if !isFull {
			args.Run, args.Since = "changes "+now, through[args.LocationID]
		}
		return args, err
	})
}

// startFull starts a full run of each location.
func (m *mirror) startFull(ctx context.Context) error {
	if _, err := m.pool.Exec(ctx, `UPDATE mirror_locations SET full_due = now()`); err != nil {
		return err
	}
	return m.insert(ctx, startArgs{})
}

// deliver handles a webhook. The next run finds the locations of an INSTALL.
func (m *mirror) deliver(ctx context.Context, event webhook.Event) (err error) {
	switch {
	case event.Contact != nil:
		err = m.insert(ctx, refreshArgs{LocationID: event.LocationID, ContactID: event.Contact.ID})
	case event.Type == webhook.Uninstall:
		err = m.uninstalled(ctx, cmp.Or(event.LocationID, event.CompanyID), event.Time)
	}
	if err != nil {
		m.logger.ErrorContext(ctx, "webhook was not stored; HighLevel sends it again", "type", event.Type, "error", err)
	}
	return err
}

// refreshQueue is the River queue of the contacts that webhooks have reported.
const refreshQueue = "mirror_refresh"

// refreshArgs are the arguments of the job that reads a contact that a webhook has reported.
type refreshArgs struct {
	LocationID string `json:"location_id"`
	ContactID  string `json:"contact_id"`
}

func (refreshArgs) Kind() string { return "mirror_refresh" }

func (refreshArgs) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: refreshQueue} }

// refresh copies the current state of a contact into the table. A webhook is only a hint: it can be
// late, repeated or older than the table.
func (m *mirror) refresh(ctx context.Context, job *river.Job[refreshArgs]) error {
	var contact *client.Contact
	c, err := m.client(job.Args.LocationID)
	if err == nil {
		contact, err = c.Contacts.Get(ctx, job.Args.ContactID)
	}
	isDeleted := errors.Is(err, client.ErrNotFound)
	switch {
	case errors.Is(err, oauth.ErrReinstallRequired):
		return river.JobCancel(err)
	case errors.Is(err, client.ErrRateLimited):
		return river.JobSnooze(10 * time.Second) // the window of the rate limit
	case err != nil && !isDeleted:
		return err
	}
	return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if isDeleted {
			return deleteContacts(ctx, tx, job.Args.LocationID, []string{job.Args.ContactID})
		}
		return storeContacts(ctx, tx, job.Args.LocationID, []client.Contact{*contact})
	})
}
