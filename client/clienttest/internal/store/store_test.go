package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client/clienttest/internal/store"
	"github.com/highlevel-contacts/contacts-go/gen"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// TestStore_RandomWrites makes random writes and compares the results of each query with a plain
// map.
func TestStore_RandomWrites(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		s := store.New(0, 0)
		want := map[string]*gen.Contact{}
		for range 300 {
			id := fmt.Sprintf("c%d", rng.IntN(40))
			if rng.IntN(4) == 0 {
				delete(want, id)
				s.Delete(id, noon)
			} else {
				c := &gen.Contact{
					ID: id, LocationID: fmt.Sprintf("l%d", rng.IntN(2)), BusinessID: []string{"", "b"}[rng.IntN(2)],
					Email: fmt.Sprintf("P%d@example.com", rng.IntN(10)), DateAdded: noon.Add(time.Duration(rng.IntN(5)) * time.Second),
				}
				want[id] = c
				s.Put(c, noon)
			}
		}
		for _, location := range []string{"l0", "l1"} {
			for _, business := range []string{"", "b"} {
				checkPages(t, s, want, store.Query{Location: location, Business: business, Limit: 3})
			}
			checkPages(t, s, want, store.Query{Location: location, Text: "p3@example.com", Limit: 3})
			checkPages(t, s, want, store.Query{Location: location, Text: "EXAMPLE", Limit: 7})
		}
		if s.Len() != len(want) {
			t.Errorf("seed %d: got %d contacts, want %d", seed, s.Len(), len(want))
		}
	}
}

// checkPages reads a list by cursor and by skip.
func checkPages(t *testing.T, s *store.Store, contacts map[string]*gen.Contact, q store.Query) {
	t.Helper()
	var want []string
	for id, c := range contacts {
		if c.LocationID == q.Location && (q.Business == "" || c.BusinessID == q.Business) &&
			strings.Contains(strings.ToLower(c.Email), strings.ToLower(q.Text)) {
			want = append(want, id)
		}
	}
	slices.SortFunc(want, func(a, b string) int {
		if order := contacts[b].DateAdded.Compare(contacts[a].DateAdded); order != 0 {
			return order
		}
		return strings.Compare(b, a)
	})
	var byCursor, bySkip []string
	for next := q; ; {
		page := s.Page(next, noon)
		for _, c := range page.Contacts {
			byCursor = append(byCursor, c.ID)
			next.After = c
		}
		if page.IsLast() {
			break
		}
	}
	for next := q; ; next.Skip += q.Limit {
		page := s.Page(next, noon)
		for _, c := range page.Contacts {
			bySkip = append(bySkip, c.ID)
		}
		if len(page.Contacts) == 0 {
			break
		}
	}
	if diff := cmp.Diff(want, byCursor); diff != "" {
		t.Errorf("%+v by cursor (-want +got):\n%s", q, diff)
	}
	if diff := cmp.Diff(want, bySkip); diff != "" {
		t.Errorf("%+v by skip (-want +got):\n%s", q, diff)
	}
}

func TestStore_Lag(t *testing.T) {
	t.Parallel()
	s := store.New(time.Second, 2*time.Second)
	put := func(id string, now time.Time) {
		s.Put(&gen.Contact{ID: id, LocationID: "l"}, now)
	}
	put("late", noon)
	put("later", time.Time{})
	for _, step := range []struct {
		after          time.Duration
		listed, search int
	}{{0, 0, 0}, {time.Second, 2, 0}, {2 * time.Second, 2, 2}} {
		now := noon.Add(step.after)
		listed := len(s.Page(store.Query{Location: "l", Limit: 10}, now).Contacts)
		if found := len(s.Searchable("l", "", now)); listed != step.listed || found != step.search {
			t.Errorf("after %v: got %d contacts in the list and %d in the search, want %d and %d", step.after, listed, found, step.listed, step.search)
		}
	}
}
