package exportjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
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
	maxPageSize = 500 // the largest page of a search
	// checksPerTransaction is the number of contacts that are checked before the result is stored.
	checksPerTransaction = 20
	// recentContacts is the number of contacts that an export stores, to recognize a contact that the
	// API returns again.
	recentContacts = 2 * maxPageSize
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
	end      time.Time        // end of the slice
	isBegun  bool             // whether the attempt has requested the first page of a full run of several pages
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

// run claims the export, and works on it until it or the slice ends.
func (a *attempt) run(ctx context.Context) error {
	a.end = time.Now().Add(a.Slice)
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
	for finished := len(a.state.unseen) > 0; !finished; {
		if finished, err = a.exportPages(ctx); err != nil {
			return err
		}
	}
	for len(a.state.unseen) > 0 {
		if err := a.checkUnseen(ctx); err != nil {
			return err
		}
	}
	a.logger.InfoContext(ctx, "highlevel: export finished", "contacts", a.state.contacts, "total", a.state.total)
	return nil
}

// exportPages stores pages. It reports whether they are all stored; a full run of several pages
// calls it again after the page that [attempt.search] describes.
func (a *attempt) exportPages(ctx context.Context) (finished bool, err error) {
	search, isOverview := a.search()
	for page, err := range client.Pages(ctx, a.state.cursor, func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		search.After = after
		var response client.Response
		page, err := a.client.Contacts.Search(ctx, search, client.WithResponseInto(&response))
		if a.limit = response.RateLimit; err != nil {
			return nil, err // a page that is returned with an error is not the last one, although it has no next one
		}
		return page, nil
	}) {
		if err != nil {
			return false, wrap("search the contacts", err)
		}
		if isOverview && page.Next != "" {
			a.state.through, a.isBegun = page.Contacts[0].DateUpdated, true
			return false, nil
		}
		fresh, err := a.store(ctx, page)
		if err != nil {
			return false, wrap("store the page", err)
		}
		if fresh && page.Next != "" && !time.Now().Before(a.end) { // without a new contact, the next page shows whether the search ends
			return false, river.JobSnooze(0)
		}
	}
	return true, nil
}

// search returns the search whose pages follow. A full run begins with the contact that was updated
// last: every update through that time is seen by the run, because it begins after it. If all
// contacts are on that page, the run needs no other one.
func (a *attempt) search() (search client.SearchRequest, isOverview bool) {
	search = client.SearchRequest{LocationID: a.job.Args.LocationID, Limit: a.pageSize}
	switch {
	case !a.state.updatedSince.IsZero():
		search.Filters = []client.Filter{client.UpdatedSince(a.state.updatedSince)}
		search.Sort = []client.Sort{{Field: "dateUpdated", Direction: "asc"}}
	case !a.isBegun && a.state.through.IsZero() && a.state.cursor == "":
		search.Sort = []client.Sort{{Field: "dateUpdated", Direction: "desc"}}
		isOverview = true
	default:
		search.Sort = []client.Sort{{Field: "dateAdded", Direction: "asc"}}
	}
	return search, isOverview
}

// claim makes this attempt the only one that may store pages. It reports whether the run has
// already finished.
func (a *attempt) claim(ctx context.Context) (finished bool, err error) {
	err = a.database.transact(ctx, func(tx pgx.Tx) error {
		a.state, finished, err = claim(ctx, tx, a.job.Args, a.Overlap)
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
	err = a.commit(ctx, &next, func(tx pgx.Tx) (finished bool, err error) {
		if len(contacts) > 0 {
			if err := a.Sink(ctx, tx, a.job.Args.LocationID, contacts); err != nil {
				return false, fmt.Errorf("sink: %w", hideMessage(err))
			}
		}
		if a.Stored == nil || !a.state.updatedSince.IsZero() {
			return last, nil
		}
		ids := make([]string, 0, len(page.Contacts))
		for i := range page.Contacts {
			ids = append(ids, page.Contacts[i].ID)
		}
		if err := addSeen(ctx, tx, a.job.Args, ids); err != nil || !last {
			return false, err
		}
		stored, err := a.Stored(ctx, tx, a.job.Args.LocationID)
		if err != nil {
			return false, fmt.Errorf("stored: %w", hideMessage(err))
		}
		next.unseen, err = takeUnseen(ctx, tx, a.job.Args, stored)
		return len(next.unseen) == 0, err
	})
	return len(contacts) > 0, err
}

// checkUnseen asks the API for contacts that the run has not seen, and reports those that it does
// not know. A search can miss a contact that exists, because the API's index lags.
func (a *attempt) checkUnseen(ctx context.Context) error {
	next, missing := a.state, []string{}
	for range min(checksPerTransaction, len(a.state.unseen)) {
		var response client.Response
		_, err := a.client.Contacts.Get(ctx, next.unseen[0], client.WithResponseInto(&response))
		switch {
		case errors.Is(err, client.ErrNotFound):
			missing = append(missing, next.unseen[0])
		case err != nil:
			return wrap("get a contact that the search did not return", err)
		}
		next.unseen = next.unseen[1:]
		next.wait = handoverWait(response.RateLimit)
	}
	err := a.commit(ctx, &next, func(tx pgx.Tx) (finished bool, err error) {
		if len(missing) > 0 {
			if err := a.Missing(ctx, tx, a.job.Args.LocationID, missing); err != nil {
				return false, fmt.Errorf("missing: %w", hideMessage(err))
			}
		}
		return len(next.unseen) == 0, nil
	})
	if err != nil {
		return wrap("store the missing contacts", err)
	}
	if len(next.unseen) > 0 && !time.Now().Before(a.end) {
		return river.JobSnooze(0)
	}
	return nil
}

// commit calls write in a transaction that also stores next, and completes the job if write reports
// that the export has finished.
func (a *attempt) commit(ctx context.Context, next *state, write func(tx pgx.Tx) (finished bool, err error)) error {
	err := a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := markPage(ctx, tx, a.job.Args, a.state.epoch); err != nil {
			return err
		}
		finished, err := write(tx)
		if err != nil {
			return err
		}
		// The position is stored last, because a claim waits for the lock of its row.
		if err := advance(ctx, tx, a.job.Args, *next, finished); err != nil || !finished {
			return err
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, a.job)
		return err
	})
	if err == nil {
		a.state, a.progress = *next, true
	}
	return err
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
// ones, which an earlier attempt can have stored. In an incremental run, a contact that was updated
// again is another one.
func (s *state) add(page *client.Page) []client.Contact {
	fresh := make([]client.Contact, 0, len(page.Contacts))
	recent := slices.Clone(s.recent)
	for i := range page.Contacts {
		contact, key := &page.Contacts[i], page.Contacts[i].ID
		if !s.updatedSince.IsZero() {
			key += "@" + strconv.FormatInt(contact.DateUpdated.UnixMilli(), 10)
		}
		if contact.ID != "" && slices.Contains(recent, key) {
			continue
		}
		recent = append(recent, key)
		fresh = append(fresh, *contact)
		if contact.DateUpdated.After(s.through) && (!s.updatedSince.IsZero() || s.cursor == "" && page.Next == "") {
			s.through = contact.DateUpdated
		}
	}
	s.recent = recent[max(0, len(recent)-recentContacts):]
	s.cursor, s.total = page.Next, page.Total
	s.contacts += len(fresh)
	return fresh
}
