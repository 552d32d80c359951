package exportjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
	"github.com/highlevel-contacts/contacts-go/client/internal/ratelimit"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
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

// attempt is one attempt of a job. It embeds the worker for its configuration.
type attempt struct {
	*worker

	job      *river.Job[Args]
	database database
	logger   *slog.Logger
	client   *client.Client
	state    state
	limit    client.RateLimit // rate limit that the latest response reported
	claimed  bool             // whether the attempt has claimed the export
	progress bool             // whether the attempt has stored a page
}

// runRecovered calls run, and returns an error without the value of a panic, which River would store
// and log: it can contain data of contacts.
func (a *attempt) runRecovered(ctx context.Context) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		a.logger.ErrorContext(ctx, "highlevel: export attempt panicked", "stack", string(debug.Stack()))
		if err, _ = value.(runtime.Error); err == nil { // the message of a runtime.Error contains no values but numbers
			err = fmt.Errorf("a value of type %T", value)
		}
		err = wrap("panic, see the log", err)
	}()
	return a.run(ctx)
}

// run claims the export and stores pages until the list or the slice ends.
func (a *attempt) run(ctx context.Context) error {
	end := time.Now().Add(a.Slice)
	finished, err := a.claim(ctx)
	if err != nil || finished {
		return err
	}
	a.logger.DebugContext(ctx, "highlevel: export attempt started", "contacts", a.state.contacts)
	if a.client, err = a.Clients(a.job.Args.LocationID); err == nil && a.client == nil {
		err = errors.New("the function Clients returned nil")
	}
	if err != nil {
		return wrap("client of the location", redact.Error(err))
	}
	if a.state.wait > a.PageTimeout {
		return river.JobSnooze(a.state.wait)
	}
	if err := ctxtime.Sleep(ctx, a.state.wait); err != nil {
		return wrap("wait for the rate limit", err)
	}
	for page, err := range client.Pages(ctx, a.state.cursor, a.list) {
		if err != nil {
			return wrap("list the contacts", err)
		}
		fresh, err := a.store(ctx, page)
		if err != nil {
			return wrap("store the page", err)
		}
		if page.Next == "" {
			a.logger.InfoContext(ctx, "highlevel: export finished", "contacts", a.state.contacts, "total", a.state.total)
		} else if fresh && !time.Now().Before(end) { // without a new contact, the next page shows whether the list ends
			return river.JobSnooze(0)
		}
	}
	return nil
}

// list requests the page after a position.
func (a *attempt) list(ctx context.Context, after client.Cursor) (*client.Page, error) {
	var response client.Response
	list := client.ListRequest{LocationID: a.job.Args.LocationID, Limit: pageSize, After: after}
	page, err := a.client.Contacts.List(ctx, list, client.WithResponseInto(&response))
	if a.limit = response.RateLimit; err != nil {
		return nil, err // a page that is returned with an error is not the last one, although it has no next one
	}
	return page, nil
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

// store stores a page, and reports whether it had a new contact.
func (a *attempt) store(ctx context.Context, page *client.Page) (fresh bool, err error) {
	next, last := a.state, page.Next == ""
	contacts := next.add(page)
	next.wait = handoverWait(a.limit)
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := markPage(ctx, tx, a.job.Args, a.state.epoch); err != nil {
			return err
		}
		if len(contacts) > 0 {
			if err := a.Sink(ctx, tx, a.job.Args.LocationID, contacts); err != nil {
				return fmt.Errorf("sink: %w", hideMessage(err))
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
		return false, err
	}
	a.state, a.progress = next, true
	return len(contacts) > 0, nil
}

// handoverWait returns how long another process must wait before its first request if the job
// continues there, because that process does not know which requests were sent. The wait is 0 if
// the window has capacity: the response to the first request then reports the rest.
func handoverWait(limit client.RateLimit) time.Duration {
	if limit.Max < 1 || limit.Remaining > spareRequests || limit.Interval <= 0 || limit.Interval > ratelimit.LongestInterval {
		return 0
	}
	return ratelimit.Window(limit.Interval)
}

// add moves the state past page, and returns the contacts of page that are not among the recent
// ones, which an earlier attempt can have stored.
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
