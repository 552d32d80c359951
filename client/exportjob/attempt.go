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
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
)

const (
	pageSize = 100 // the largest page that the API returns
	// recentContacts is the number of contacts whose IDs an export stores, to recognize a contact
	// that the API lists again.
	recentContacts = 2 * pageSize
	// spareRequests is the number of requests that a killed attempt may have sent without storing
	// their responses: one request and its retries.
	spareRequests = 3
)

// errNoProgress indicates that the list would never end. It matches [client.ErrBadResponse].
var errNoProgress = fmt.Errorf("%w: the API repeated a cursor, or returned two pages without a new contact", client.ErrBadResponse)

// attempt is one attempt of a job. It embeds the worker for its configuration.
type attempt struct {
	*worker

	job      *river.Job[Args]
	database database
	logger   *slog.Logger
	client   *client.Client
	state    state
	claimed  bool // whether the attempt has claimed the export
	progress bool // whether the attempt has stored a page

	pagesWithoutNew int // number of consecutive pages without a new contact
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
		err = errors.New("the function clients returned nil")
	}
	if err != nil {
		return wrap("client of the location", err)
	}
	if a.state.wait > a.pageTimeout {
		return river.JobSnooze(a.state.wait)
	}
	if err := ctxtime.Sleep(ctx, a.state.wait); err != nil {
		return wrap("wait for the rate limit", err)
	}
	for {
		last, err := a.exportPage(ctx)
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
// already finished.
func (a *attempt) claim(ctx context.Context) (finished bool, err error) {
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		a.state, finished, err = claim(ctx, tx, a.job.Args)
		return err
	})
	if err != nil {
		return false, wrap("claim the export", err)
	}
	a.claimed = !finished
	if err := a.database.transact(ctx, func(tx pgx.Tx) error { return endReplaced(ctx, tx, a.job.Args) }); err != nil {
		return false, wrap("end the transaction of an earlier attempt", err)
	}
	return finished, nil
}

// isCurrent reports whether no later attempt has claimed the export. It returns true if the
// database does not respond, because River then cannot store a result of this attempt either.
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

// exportPage requests the next page and stores it. It reports whether the page was the last one.
func (a *attempt) exportPage(ctx context.Context) (last bool, err error) {
	var response client.Response
	list := client.ListRequest{LocationID: a.job.Args.LocationID, Limit: pageSize, After: a.state.cursor}
	page, err := a.client.Contacts.List(ctx, list, client.WithResponseInto(&response))
	if err != nil {
		return false, wrap("list the contacts", err)
	}
	next := a.state
	fresh := next.add(page)
	if a.pagesWithoutNew++; len(fresh) > 0 {
		a.pagesWithoutNew = 0
	}
	last = page.Next == ""
	if !last && (page.Next == a.state.cursor || a.pagesWithoutNew == 2) {
		return false, wrap("list the contacts", errNoProgress)
	}
	next.wait = handoverWait(response.RateLimit)
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := markPage(ctx, tx, a.job.Args, a.state.epoch); err != nil {
			return err
		}
		if len(fresh) > 0 {
			if err := a.sink(ctx, tx, a.job.Args.LocationID, fresh); err != nil {
				return fmt.Errorf("sink: %w", err)
			}
		}
		// The position is stored last, because a claim waits for the lock of its row.
		if err := advance(ctx, tx, a.job.Args, next, last); err != nil || !last {
			return err
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

// handoverWait returns how long another process must wait before its first request if the job
// continues there, because that process does not know which requests were sent. The wait is 0 if
// the window has capacity: the response to the first request then reports the rest.
func handoverWait(limit client.RateLimit) time.Duration {
	if limit.Max < 1 || limit.Remaining > spareRequests || limit.Interval <= 0 || limit.Interval > ratelimit.LongestInterval {
		return 0
	}
	return limit.Interval + limit.Interval/ratelimit.MarginDivisor
}

// add moves the state past page, and returns the contacts of page that are not among the recent
// ones.
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
