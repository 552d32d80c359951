package exportjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
)

const (
	pageSize = 100 // the most that the API returns
	// recentContacts is the number of IDs by which a contact that the list repeats is recognized.
	recentContacts = 2 * pageSize
	// spareRequests is the number of requests that an attempt may have sent when it ended, besides
	// those whose responses it has seen: one with its retries.
	spareRequests = 3
)

// errRepeated matches [client.ErrBadResponse].
var errRepeated = fmt.Errorf("%w: the API repeated a cursor, or two pages without a new contact", client.ErrBadResponse)

// attempt holds the state of one attempt of a job.
type attempt struct {
	*worker

	job      *river.Job[Args]
	database database
	logger   *slog.Logger
	client   *client.Client
	state    state
	claimed  bool
	progress bool // the attempt has stored a page
	repeated int  // consecutive pages without a new contact
}

// run claims the export and stores pages until the list or the slice ends.
func (a *attempt) run(ctx context.Context) error {
	end := time.Now().Add(a.slice)
	finished, err := a.claim(ctx)
	if err != nil || finished {
		return err
	}
	a.logger.DebugContext(ctx, "export attempt started", "contacts", a.state.contacts)
	if a.client, err = a.clients(a.job.Args.LocationID); err == nil && a.client == nil {
		err = errors.New("it is nil")
	}
	if err != nil {
		return wrap("client of the location", err)
	}
	if a.state.wait > a.pageTimeout {
		return river.JobSnooze(a.state.wait)
	}
	if err := sleep(ctx, a.state.wait); err != nil {
		return wrap("waiting for the rate limit", err)
	}
	for {
		last, err := a.page(ctx)
		switch {
		case err != nil:
			return err
		case last:
			a.logger.InfoContext(ctx, "export finished", "contacts", a.state.contacts, "total", a.state.total)
			return nil
		case !time.Now().Before(end):
			return river.JobSnooze(0)
		}
	}
}

// claim makes this attempt the only one that may store pages. It reports whether the run has
// finished before.
func (a *attempt) claim(ctx context.Context) (finished bool, err error) {
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		a.state, finished, err = claim(ctx, tx, a.job.Args)
		return err
	})
	if err != nil {
		return false, wrap("claim the export", err)
	}
	a.claimed = !finished
	return finished, nil
}

// isCurrent reports whether no later attempt has claimed the export. If the database does not
// respond, River cannot store a result either.
func (a *attempt) isCurrent(ctx context.Context) bool {
	if !a.claimed {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	current := true
	err := a.database.transact(ctx, func(tx pgx.Tx) (err error) {
		current, err = isCurrent(ctx, tx, a.job.Args, a.state.epoch)
		return err
	})
	return err != nil || current
}

// page requests the next page and stores it. It reports whether it was the last one.
func (a *attempt) page(ctx context.Context) (last bool, err error) {
	var response client.Response
	list := client.ListRequest{LocationID: a.job.Args.LocationID, Limit: pageSize, After: a.state.cursor}
	page, err := a.client.Contacts.List(ctx, list, client.WithResponseInto(&response))
	if err != nil {
		return false, wrap("list the contacts", err)
	}
	next := a.state
	fresh := next.add(page)
	if a.repeated++; len(fresh) > 0 {
		a.repeated = 0
	}
	last = page.Next == ""
	if !last && (page.Next == a.state.cursor || a.repeated == 2) {
		return false, wrap("list the contacts", errRepeated)
	}
	next.wait = pause(response.RateLimit)
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := advance(ctx, tx, a.job.Args, next, last); err != nil {
			return err
		}
		if len(fresh) > 0 {
			if err := a.sink(ctx, tx, a.job.Args.LocationID, fresh); err != nil {
				return fmt.Errorf("sink: %w", err)
			}
		}
		if !last {
			return nil
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, a.job)
		return err
	})
	if err != nil {
		return false, wrap("store the page", err)
	}
	a.state, a.progress = next, true
	return last, nil
}

// pause returns how long another process must wait before its first request, because it does not
// know which requests were sent. It is 0 if the window has capacity: the API's response to the
// first request tells the other process the rest.
func pause(limit client.RateLimit) time.Duration {
	const longestInterval = 10 * time.Minute
	if limit.Max < 1 || limit.Remaining > spareRequests || limit.Interval <= 0 || limit.Interval > longestInterval {
		return 0
	}
	return limit.Interval + limit.Interval/40 // requests do not all take equally long to arrive
}

// add moves the state past page and returns its contacts that were not on the pages before.
func (s *state) add(page *client.Page) []client.Contact {
	fresh := make([]client.Contact, 0, len(page.Contacts))
	recent := slices.Clone(s.recent)
	for i := range page.Contacts {
		contact := &page.Contacts[i]
		if contact.ID != "" && slices.Contains(recent, contact.ID) {
			continue
		}
		recent = append(recent, contact.ID)
		fresh = append(fresh, *contact)
	}
	s.recent = recent[max(0, len(recent)-recentContacts):]
	s.cursor, s.total = page.Next, page.Total
	s.contacts += len(fresh)
	return fresh
}

// sleep waits for d.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
