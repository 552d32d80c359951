package main

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/oauth"
	"github.com/highlevel-contacts/contacts-go/client/postgres"
	"github.com/highlevel-contacts/contacts-go/client/webhook"
)

// webhooks returns the handler of the webhooks of the app. HighLevel receives a response when a job
// for the event has been stored.
func (m *mirror) webhooks() (http.Handler, error) {
	opts := []webhook.Option{webhook.WithSeen(postgres.NewSeen(m.db, "mirror")), webhook.WithLogger(m.logger)}
	if m.webhookKey != nil {
		opts = append(opts, webhook.WithPublicKey(m.webhookKey))
	}
	return webhook.NewHandler(m.deliver, opts...)
}

func (m *mirror) deliver(ctx context.Context, event webhook.Event) error {
	var job river.JobArgs
	var err error
	switch {
	case event.Contact != nil:
		job = refreshArgs{LocationID: event.LocationID, ContactID: event.Contact.ID}
	case event.Type == webhook.Install && event.LocationID != "": // an agency arrives at /callback
		err = m.locations.installed(ctx, event.LocationID, event.CompanyID, event.Time)
		job = startArgs{LocationID: event.LocationID}
	case event.Type == webhook.Uninstall:
		installation := event.LocationID
		if installation == "" {
			installation = event.CompanyID
		}
		err = m.locations.uninstalled(ctx, installation, event.Time)
		job = startArgs{LocationID: event.LocationID}
	default:
		return nil
	}
	if err == nil {
		err = m.insert(ctx, job)
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

// refreshWorker copies the current state of a contact into the table. A webhook is only a hint: it
// can be late, repeated or older than the table.
type refreshWorker struct {
	river.WorkerDefaults[refreshArgs]
	*mirror
}

func (w *refreshWorker) Work(ctx context.Context, job *river.Job[refreshArgs]) error {
	err := w.refresh(ctx, job.Args.LocationID, job.Args.ContactID)
	switch {
	case errors.Is(err, oauth.ErrReinstallRequired):
		return river.JobCancel(err)
	case errors.Is(err, client.ErrRateLimited):
		return river.JobSnooze(rateLimitPause)
	}
	return err
}

// rateLimitPause is the time after which a window of the rate limit has capacity again.
const rateLimitPause = 10 * time.Second

func (m *mirror) refresh(ctx context.Context, locationID, contactID string) error {
	c, err := m.locations.client(ctx, locationID)
	if err != nil {
		return err
	}
	contact, err := c.Contacts.Get(ctx, contactID)
	isDeleted := errors.Is(err, client.ErrNotFound)
	if err != nil && !isDeleted {
		return err
	}
	return pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if isDeleted {
			return deleteContacts(ctx, tx, locationID, []string{contactID})
		}
		return storeContacts(ctx, tx, locationID, []client.Contact{*contact})
	})
}
