package clienttest

import (
	"cmp"
	"sort"
	"strings"
	"time"

	"github.com/tidwall/btree"
)

// order is contacts sorted as lists send them.
type order = btree.BTreeG[*record]

// precedes is the order of lists: the latest dateAdded first. How the API orders contacts of one millisecond is not
// known; here it is by id, downwards.
func precedes(a, b *record) bool {
	return compare(a, b) < 0
}

func compare(a, b *record) int {
	return cmp.Or(cmp.Compare(b.added, a.added), strings.Compare(b.id, a.id))
}

// listing is the index that lists are answered from. Like the API's it may lag behind the writes.
type listing struct {
	locations  map[string]*order
	businesses map[key]*order
	late       []change // in the order of writing
}

// change replaces one record by another in the listing; either may be nil.
type change struct {
	old, new *record
	visible  time.Time
}

func newListing() *listing {
	return &listing{locations: map[string]*order{}, businesses: map[key]*order{}}
}

// change makes a change that shows from an instant on; the zero instant shows it at once.
func (l *listing) change(old, updated *record, visible time.Time) {
	c := change{old, updated, visible}
	if visible.IsZero() && len(l.late) == 0 {
		l.apply(c)
		return
	}
	l.late = append(l.late, c)
}

// catchUp makes the changes that are to show at the instant now.
func (l *listing) catchUp(now time.Time) {
	done := 0
	for done < len(l.late) && !l.late[done].visible.After(now) {
		l.apply(l.late[done])
		done++
	}
	l.late = l.late[done:]
}

// isBehind tells whether catchUp has something to do.
func (l *listing) isBehind(now time.Time) bool {
	return len(l.late) > 0 && !l.late[0].visible.After(now)
}

func (l *listing) apply(c change) {
	if old := c.old; old != nil {
		l.location(old.location).Delete(old)
		if business := old.text(businessID); business != "" {
			l.business(old.location, business).Delete(old)
		}
	}
	if updated := c.new; updated != nil {
		l.location(updated.location).Set(updated)
		if business := updated.text(businessID); business != "" {
			l.business(updated.location, business).Set(updated)
		}
	}
}

func (l *listing) location(id string) *order {
	return orderIn(l.locations, id)
}

func (l *listing) business(location, id string) *order {
	return orderIn(l.businesses, key{location, id})
}

func orderIn[K comparable](orders map[K]*order, at K) *order {
	found := orders[at]
	if found == nil {
		found = btree.NewBTreeGOptions(precedes, btree.Options{NoLocks: true}) // the store's lock is enough
		orders[at] = found
	}
	return found
}

// rank returns how many contacts stand before or at a place in the order.
func rank(o *order, place *record) int {
	return sort.Search(o.Len(), func(i int) bool {
		r, _ := o.GetAt(i)
		return precedes(place, r)
	})
}
