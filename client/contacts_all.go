package client

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
)

// All returns an iterator over the contacts of a location, newest first. It requests pages of up to
// 100 contacts as the loop needs them, with opts for every request. If list.Prefetch is set, it
// requests the next page while the loop works on the current one, and cancels that request when the
// loop ends. A contact that the API returns again on the next page is yielded once.
//
// If a request fails, the iterator yields a nil contact and the error, and ends. The error matches
// [ErrBadResponse] if the iteration cannot continue: the API returned a cursor twice, two pages
// without a new contact, or no cursor for the next page.
//
// Each range starts a new iteration. A contact remains valid after the loop; while it is
// referenced, its page stays in memory. To continue later, store [CursorAfter] of the last contact.
func (s *ContactsService) All(ctx context.Context, list ListRequest, opts ...CallOption) iter.Seq2[*Contact, error] {
	list.Limit = cmp.Or(list.Limit, maxLimit)
	p := &pager{operation: getContacts, first: list.After, prefetch: list.Prefetch, opts: opts}
	p.list = func(ctx context.Context, after Cursor, opts []CallOption) (*Page, error) {
		request := list
		request.After = after
		return s.List(ctx, request, opts...)
	}
	return func(yield func(*Contact, error) bool) { p.run(ctx, yield) }
}

// AllByBusiness returns an iterator over the contacts of a business. It works like
// [ContactsService.All], except that a page has BusinessListRequest.Limit contacts, 25 by default,
// and is never requested in advance. Only Page.Next is a cursor of this list, not [CursorAfter].
func (s *ContactsService) AllByBusiness(
	ctx context.Context, businessID string, list BusinessListRequest, opts ...CallOption,
) iter.Seq2[*Contact, error] {
	p := &pager{operation: getContactsByBusinessID, first: list.After, opts: opts}
	p.list = func(ctx context.Context, after Cursor, opts []CallOption) (*Page, error) {
		request := list
		if request.After = after; after != list.After {
			request.Skip = 0
		}
		return s.ListByBusiness(ctx, businessID, request, opts...)
	}
	return func(yield func(*Contact, error) bool) { p.run(ctx, yield) }
}

// pager iterates over the contacts of a list.
type pager struct {
	operation operation
	first     Cursor
	prefetch  bool
	opts      []CallOption
	list      func(ctx context.Context, after Cursor, opts []CallOption) (*Page, error)
}

// run yields the contacts of all pages, and an error at the end if there is one.
func (p *pager) run(ctx context.Context, yield func(*Contact, error) bool) {
	var next *prefetchedPage
	defer func() { next.cancel() }()
	recent, usedCursors, pagesWithoutNew := newRecentIDs(), map[Cursor]bool{p.first: true}, 0
	page, err := p.list(ctx, p.first, p.opts)
	for page != nil {
		if err == nil && usedCursors[page.Next] && page.Next != "" {
			err = &callError{text: string(p.operation) + ": the API returned a cursor twice", kind: ErrBadResponse}
		}
		more := err == nil && page.Next != ""
		usedCursors[page.Next] = true
		if more && p.prefetch {
			next = p.startPrefetch(ctx, page.Next)
		}
		countBefore := recent.count
		if !recent.yieldNew(page.Contacts, yield) {
			return
		}
		if recent.count > countBefore {
			pagesWithoutNew = 0
		} else {
			pagesWithoutNew++
		}
		switch {
		case err == nil && !more:
			return
		case err == nil && pagesWithoutNew == 2:
			err = &callError{text: string(p.operation) + ": the API returned two pages without a new contact", kind: ErrBadResponse}
		}
		switch {
		case err != nil:
			page, err = nil, fmt.Errorf("%w; the iteration ended after %d contacts", err, recent.yielded)
		case p.prefetch:
			page, err = next.wait()
		default:
			page, err = p.list(ctx, page.Next, p.opts)
		}
	}
	yield(nil, err)
}

// prefetchedPage is the next page, which is requested on a goroutine of its own.
type prefetchedPage struct {
	stop     context.CancelFunc
	done     chan struct{}
	page     *Page
	err      error
	response Response
	into     *Response // of the caller's WithResponseInto
}

// startPrefetch starts the request for the page at after.
func (p *pager) startPrefetch(ctx context.Context, after Cursor) *prefetchedPage {
	ctx, stop := context.WithCancel(ctx)
	next := &prefetchedPage{stop: stop, done: make(chan struct{})}
	opts := append(slices.Clip(p.opts), next.captureResponse)
	go func() {
		defer close(next.done)
		next.page, next.err = p.list(ctx, after, opts)
	}()
	return next
}

// captureResponse is a CallOption that stores the response until wait returns the page. The call
// does not report its cancellation, because the program has not asked for the page yet.
func (n *prefetchedPage) captureResponse(c *callConfig) error {
	n.into, c.into, c.quiet = c.into, &n.response, true
	return nil
}

// wait waits for the page, and stores its response for the WithResponseInto of the caller.
func (n *prefetchedPage) wait() (*Page, error) {
	<-n.done
	n.stop()
	if n.into != nil {
		*n.into = n.response
	}
	return n.page, n.err
}

// cancel cancels the request and waits for its end. A nil prefetchedPage has no request.
func (n *prefetchedPage) cancel() {
	if n != nil {
		n.stop()
		<-n.done
	}
}

// recentIDs holds the IDs of the last 500 to 1,000 contacts of an iteration. Consecutive pages can
// overlap, because contacts are added and deleted concurrently. Other pages cannot, so these IDs
// are enough for a list of any length.
type recentIDs struct {
	latest, previous map[string]bool
	count            int // contacts with a new ID
	yielded          int
}

func newRecentIDs() *recentIDs {
	return &recentIDs{latest: map[string]bool{}}
}

// yieldNew yields the contacts that were not yielded recently, and reports whether the iteration
// continues.
func (r *recentIDs) yieldNew(contacts []Contact, yield func(*Contact, error) bool) bool {
	for i := range contacts {
		if contact := &contacts[i]; r.isNew(contact.ID) {
			r.yielded++
			if !yield(contact, nil) {
				return false
			}
		}
	}
	return true
}

// isNew reports whether id was not seen recently, and stores it. A contact without an ID is always
// new.
func (r *recentIDs) isNew(id string) bool {
	if id == "" {
		return true
	}
	if r.latest[id] || r.previous[id] {
		return false
	}
	if len(r.latest) == 500 {
		r.latest, r.previous = map[string]bool{}, r.latest
	}
	r.latest[id] = true
	r.count++
	return true
}
