package exportjob

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/redact"
)

const (
	maxPageSize = 500 // the largest page of a search
	// checksPerTransaction is the number of contacts that are checked before the result is stored.
	checksPerTransaction = 20
	// recentContacts is the number of contacts that an export stores, to recognize a contact that the
	// API returns again.
	recentContacts = 2 * maxPageSize
)

// attempt is one attempt of a job. It embeds the worker for its configuration.
type attempt struct {
	*worker

	job      *river.Job[Args]
	database database
	logger   *slog.Logger
	client   *client.Client
	state    state
	end      time.Time // end of the slice
}

// runRecovered calls run, and returns an error without the value of a panic, which River would store
// and log: it can contain data of contacts.
func (a *attempt) runRecovered(ctx context.Context) (err error) {
	defer func() {
		if value := recover(); value != nil {
			a.logger.ErrorContext(ctx, "highlevel: export attempt panicked", "stack", string(debug.Stack()))
			err = wrap("panic, see the log", fmt.Errorf("a value of type %T", value))
		}
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
	if a.client, err = a.Clients(a.job.Args.LocationID); err != nil {
		return wrap("client of the location", redact.Error(err))
	}
	if len(a.state.unseen) == 0 {
		if err := a.exportPages(ctx); err != nil {
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

// exportPages stores the pages that follow the position.
func (a *attempt) exportPages(ctx context.Context) error {
	search := client.SearchRequest{LocationID: a.job.Args.LocationID, Limit: a.pageSize}
	if !a.state.updatedSince.IsZero() {
		search.Filters = []client.Filter{client.UpdatedSince(a.state.updatedSince)}
		search.Sort = []client.Sort{{Field: "dateUpdated", Direction: "asc"}}
	} else {
		search.Sort = []client.Sort{{Field: "dateAdded", Direction: "asc"}}
	}
	if a.state.updatedSince.IsZero() && a.state.cursor == "" {
		if err := a.findThrough(ctx); err != nil {
			return wrap("search the contact that was updated last", err)
		}
	}
	for page, err := range client.Pages(ctx, a.state.cursor, func(ctx context.Context, after client.Cursor) (*client.Page, error) {
		search.After = after
		page, err := a.client.Contacts.Search(ctx, search)
		if err != nil {
			return nil, err // a page that is returned with an error is not the last one, although it has no next one
		}
		return page, nil
	}) {
		if err != nil {
			return wrap("search the contacts", err)
		}
		if err := a.store(ctx, page); err != nil {
			return wrap("store the page", err)
		}
		if page.Next != "" && !time.Now().Before(a.end) {
			return river.JobSnooze(0)
		}
	}
	return nil
}

// findThrough asks for the contact that was updated last, before the first page of a full run: every
// update through that time is seen by the run, because it begins after it.
func (a *attempt) findThrough(ctx context.Context) error {
	page, err := a.client.Contacts.Search(ctx, client.SearchRequest{
		LocationID: a.job.Args.LocationID, Limit: 1, Sort: []client.Sort{{Field: "dateUpdated", Direction: "desc"}},
	})
	if err == nil && len(page.Contacts) > 0 {
		a.state.through = page.Contacts[0].DateUpdated
	}
	return err
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
	err = a.database.transact(ctx, func(tx pgx.Tx) error { return endReplaced(ctx, tx, a.job.Args) })
	return finished, wrap("end the transaction of an earlier attempt", err)
}

// isCurrent reports whether no later attempt has claimed the export. It returns true if the
// database does not respond, because River then cannot store a result of this attempt either.
func (a *attempt) isCurrent(ctx context.Context) (current bool) {
	if a.state.epoch == 0 { // the attempt has not claimed the export
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := a.database.transact(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM highlevel_exports WHERE location_id = $1 AND run = $2 AND epoch = $3)`,
			a.job.Args.LocationID, a.job.Args.Run, a.state.epoch).Scan(&current)
	})
	return err != nil || current
}

// store stores a page.
func (a *attempt) store(ctx context.Context, page *client.Page) error {
	next, locationID := a.state, a.job.Args.LocationID
	contacts := next.add(page)
	next.finished = page.Next == ""
	return a.commit(ctx, &next, func(tx pgx.Tx) error {
		if len(contacts) > 0 {
			if err := a.Sink(ctx, tx, locationID, contacts); err != nil {
				return hideMessage("sink", err)
			}
		}
		if a.Stored == nil || !next.updatedSince.IsZero() {
			return nil
		}
		if err := addSeen(ctx, tx, a.job.Args, page.Contacts); err != nil || !next.finished {
			return err
		}
		stored, err := a.Stored(ctx, tx, locationID)
		if err != nil {
			return hideMessage("stored", err)
		}
		next.unseen, err = takeUnseen(ctx, tx, a.job.Args, stored)
		next.finished = len(next.unseen) == 0
		return err
	})
}

// checkUnseen asks the API for contacts that the run has not seen, and reports those that it does
// not know. A search can miss a contact that exists, because the API's index lags.
func (a *attempt) checkUnseen(ctx context.Context) error {
	next, missing := a.state, []string{}
	for range min(checksPerTransaction, len(a.state.unseen)) {
		_, err := a.client.Contacts.Get(ctx, next.unseen[0])
		switch {
		case errors.Is(err, client.ErrNotFound):
			missing = append(missing, next.unseen[0])
		case err != nil:
			return wrap("get a contact that the search did not return", err)
		}
		next.unseen = next.unseen[1:]
	}
	next.finished = len(next.unseen) == 0
	err := a.commit(ctx, &next, func(tx pgx.Tx) error {
		if len(missing) == 0 {
			return nil
		}
		return hideMessage("missing", a.Missing(ctx, tx, a.job.Args.LocationID, missing))
	})
	if err == nil && !next.finished && !time.Now().Before(a.end) {
		return river.JobSnooze(0)
	}
	return wrap("store the missing contacts", err)
}

// endUninstalled ends the export of a location that has uninstalled the app.
func (a *attempt) endUninstalled(ctx context.Context) error {
	next := a.state
	next.uninstalled = true
	err := a.commit(ctx, &next, func(tx pgx.Tx) error {
		if a.Uninstalled == nil {
			return nil
		}
		return hideMessage("uninstalled", a.Uninstalled(ctx, tx, a.job.Args.LocationID))
	})
	return wrap("end the export of an uninstalled location", err)
}

// commit calls write in a transaction that also stores next, and completes the job if next has ended.
func (a *attempt) commit(ctx context.Context, next *state, write func(tx pgx.Tx) error) error {
	err := a.database.transact(ctx, func(tx pgx.Tx) error {
		if err := markPage(ctx, tx, a.job.Args); err != nil {
			return err
		}
		if err := write(tx); err != nil {
			return err
		}
		// The state is stored last, because a claim waits for the lock of its row.
		if err := advance(ctx, tx, a.job.Args, next); err != nil || !next.finished && !next.uninstalled {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, a.job)
		return err
	})
	if err == nil {
		a.state = *next
	}
	return err
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
		if !s.updatedSince.IsZero() && contact.DateUpdated.After(s.through) {
			s.through = contact.DateUpdated
		}
	}
	s.recent = recent[max(0, len(recent)-recentContacts):]
	s.cursor, s.total = page.Next, page.Total
	s.contacts += len(fresh)
	return fresh
}
