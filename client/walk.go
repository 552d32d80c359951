package client

import (
	"context"
	"hash/maphash"
	"iter"
)

// All walks over a location's contacts from list.After on, latest first, and asks for pages as it goes; set Limit to 100 for the
// fewest requests. An error comes last, with a nil contact. The walk can be ranged over again; each time it starts anew.
//
// A contact stays valid, but keeps its whole page in memory. To resume later, store the text of [CursorAfter] the last contact.
// Contacts that the API repeats are passed over; if it repeats a cursor, the walk ends with an error that matches
// [ErrBadResponse]. Options apply to every request of the walk.
func (s *ContactsService) All(ctx context.Context, list ListRequest, opts ...CallOption) iter.Seq2[*Contact, error] {
	return func(yield func(*Contact, error) bool) {
		list, recent := list, newRecentIDs()
		seed := maphash.MakeSeed()
		used := map[uint64]bool{maphash.Comparable(seed, list.After): true} // cursors by hash: a long walk has many
		for {
			page, err := s.List(ctx, list, opts...)
			if err != nil {
				yield(nil, err)
				return
			}
			if !recent.yieldNew(page.Contacts, yield) || page.Next == nil {
				return
			}
			next := maphash.Comparable(seed, *page.Next)
			if used[next] {
				yield(nil, &callError{text: string(getContacts) + ": the API repeats a cursor", kind: ErrBadResponse})
				return
			}
			used[next] = true
			list.After = *page.Next
		}
	}
}

// AllByBusiness walks over a business's contacts from list.Skip on, as [ContactsService.All] does over a location's. It ends
// with an error that matches [ErrBadResponse] if a page holds nothing that has not come before.
func (s *ContactsService) AllByBusiness(
	ctx context.Context, businessID string, list BusinessListRequest, opts ...CallOption,
) iter.Seq2[*Contact, error] {
	return func(yield func(*Contact, error) bool) {
		list, recent := list, newRecentIDs()
		for {
			page, err := s.ListByBusiness(ctx, businessID, list, opts...)
			if err != nil {
				yield(nil, err)
				return
			}
			before := recent.seen
			if !recent.yieldNew(page.Contacts, yield) || isLastOfBusiness(page, list) {
				return
			}
			if recent.seen == before {
				yield(nil, &callError{text: string(getContactsByBusinessID) + ": the API repeats a page", kind: ErrBadResponse})
				return
			}
			list.Skip += len(page.Contacts)
		}
	}
}

// isLastOfBusiness tells whether a page is the last one: empty, or short although the API counts no more.
func isLastOfBusiness(page *Page, list BusinessListRequest) bool {
	limit := list.Limit
	if limit == 0 {
		limit = defaultBusinessLimit
	}
	got := len(page.Contacts)
	return got == 0 || (got < limit && page.Total <= list.Skip+got)
}

// recentIDs are the ids of the latest contacts of a walk, at least 500 and at most 1,000. Pages overlap at their borders only,
// where contacts were added or deleted meanwhile, so that a walk of any length needs to remember a few.
type recentIDs struct {
	latest, before map[string]bool
	seen           int // contacts that were new
}

func newRecentIDs() *recentIDs {
	return &recentIDs{latest: map[string]bool{}}
}

// yieldNew yields the contacts that were not yielded lately, and tells whether the walk goes on.
func (r *recentIDs) yieldNew(contacts []Contact, yield func(*Contact, error) bool) bool {
	for i := range contacts {
		if contact := &contacts[i]; r.isNew(contact.ID) && !yield(contact, nil) {
			return false
		}
	}
	return true
}

// isNew tells whether id was not seen lately, and remembers it. A contact without an id is always new.
func (r *recentIDs) isNew(id string) bool {
	if r.latest[id] || r.before[id] {
		return false
	}
	if len(r.latest) == 500 {
		r.latest, r.before = map[string]bool{}, r.latest
	}
	if id != "" {
		r.latest[id] = true
	}
	r.seen++
	return true
}
