package client

import (
	"context"
	"errors"
	"iter"
	"slices"
)

// Pages returns an iterator over the pages of a list, beginning at after. The function list returns
// one page, such as [ContactsService.List] does. Pages removes a contact that a recent page had with
// the same DateUpdated: pages can overlap, because contacts are added and deleted concurrently.
//
// If list fails, the iterator yields a nil page and the error, and ends. The page before it may have
// an empty Next. The error matches [ErrBadResponse] if the API returned a cursor twice, or two pages
// in succession without a new contact, although another page should follow.
func Pages(ctx context.Context, after Cursor, list func(ctx context.Context, after Cursor) (*Page, error)) iter.Seq2[*Page, error] {
	return func(yield func(*Page, error) bool) {
		after, used, recent, pagesWithoutNew := after, map[Cursor]bool{after: true}, recentContacts{}, 0
		for {
			page, err := list(ctx, after)
			if page != nil {
				page.Contacts = slices.DeleteFunc(page.Contacts, recent.containsOrAdd)
				if pagesWithoutNew++; slices.ContainsFunc(page.Contacts, func(contact Contact) bool { return contact.ID != "" }) {
					pagesWithoutNew = 0
				}
				if !yield(page, nil) {
					return
				}
			}
			switch {
			case err != nil:
			case page == nil:
				err = listError("Pages", "the function returned neither a page nor an error")
			case page.Next == "":
				return
			case pagesWithoutNew == 2:
				err = listError("Pages", "two pages without a new contact, although another page should follow")
			case used[page.Next] && page.Next != after: // an offset is requested again after an empty page
				err = listError("Pages", "the API returned a cursor twice")
			}
			if err != nil {
				yield(nil, err)
				return
			}
			after = page.Next
			used[after] = true
		}
	}
}

// listError returns the error of a list that cannot be continued.
func listError(operation, problem string) error {
	return &Error{Kind: ErrBadResponse, Operation: operation, Err: errors.New(problem)}
}

// contactsOf returns an iterator over the contacts of pages.
func contactsOf(pages iter.Seq2[*Page, error]) iter.Seq2[*Contact, error] {
	return func(yield func(*Contact, error) bool) {
		for page, err := range pages {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Contacts {
				if !yield(&page.Contacts[i], nil) {
					return
				}
			}
		}
	}
}

// recentContacts holds the last 500 to 1,000 contacts of an iteration, which is enough to recognize
// those of an overlapping page in a list of any length.
type recentContacts struct {
	latest, previous map[contactVersion]bool
}

// contactVersion identifies a contact as it was when it was last updated.
type contactVersion struct {
	id      string
	updated int64 // nanoseconds since 1970
}

// containsOrAdd reports whether the same version of contact was added recently, and adds it
// otherwise. A contact without an ID is always new.
func (r *recentContacts) containsOrAdd(contact Contact) bool {
	version := contactVersion{contact.ID, contact.DateUpdated.UnixNano()}
	switch {
	case contact.ID == "":
		return false
	case r.latest[version] || r.previous[version]:
		return true
	case len(r.latest) == 500 || r.latest == nil:
		r.latest, r.previous = map[contactVersion]bool{}, r.latest
	}
	r.latest[version] = true
	return false
}
