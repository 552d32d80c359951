package clienttest_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

// After concurrent writes, a list, a search and Contacts find the same contacts.
func TestServer_ConcurrentUse(t *testing.T) {
	t.Parallel()
	w := newWire(t, clienttest.WithoutSocket(), clienttest.WithoutValidation(), clienttest.WithRateLimit(clienttest.RateLimit{}),
		clienttest.WithBehavior(clienttest.Behavior{IndexLag: time.Second}))
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(caller)))
			for range 150 {
				address := fmt.Sprintf("p%d@example.com", rng.IntN(60))
				switch rng.IntN(5) {
				case 0:
					w.do("POST", "/contacts/", `{"locationId":"`+w.server.LocationID+`","email":"`+address+`"}`)
				case 1:
					w.upsert(`"email":"` + address + `","phone":"+1415555` + strconv.Itoa(2000+rng.IntN(60)) + `"`)
				case 2:
					for _, id := range w.list("&limit=1&query=" + url.QueryEscape(address)).ids() {
						w.do("DELETE", "/contacts/"+id, "")
					}
				case 3:
					w.server.Contacts()
				default:
					w.server.Advance(100 * time.Millisecond)
				}
			}
		})
	}
	callers.Wait()
	w.server.Advance(time.Minute)
	listed := w.list("&limit=100")
	contacts := w.server.Contacts()
	if total := listed.at("meta", "total"); total != float64(len(contacts)) || len(contacts) == 0 {
		t.Errorf("got %v contacts in the list, want %d", total, len(contacts))
	}
	seen := map[string]string{}
	for _, contact := range contacts {
		for _, value := range []string{contact.Email, contact.Phone} {
			if value == "" {
				continue
			}
			if other := seen[value]; other != "" {
				t.Errorf("got contacts %s and %s with %s, want one", contact.ID, other, value)
			}
			seen[value] = contact.ID
			if ids := w.list("&query=" + url.QueryEscape(value)).ids(); len(ids) != 1 || ids[0] != contact.ID {
				t.Errorf("search for %s: got %v, want %s", value, ids, contact.ID)
			}
		}
	}
}
