package client_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

var (
	soakDuration = flag.Duration("soak.duration", 0, "how long TestSoak runs; 0 means 20 calls of each worker")
	soakSeed     = flag.Uint64("soak.seed", 0, "seed of TestSoak's decisions; 0 takes one from the clock")
)

const (
	soakWorkers   = 12
	soakPermanent = 300 // contacts that exist during the whole test
	soakToken     = "pit-50a40000-0000-4000-8000-000000000000"
)

// TestSoak makes random calls from many goroutines while the API and the network fail at random,
// and compares the results of the calls with the contacts of the fake at the end.
func TestSoak(t *testing.T) {
	seed := *soakSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("reproduce the decisions with -soak.seed=%d", seed)
	before := goleak.IgnoreCurrent()

	fake := clienttest.NewServer(t, clienttest.WithSeed(seed), clienttest.WithDefaultToken(soakToken),
		clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}), // so that a create that is applied twice is visible
		clienttest.WithRateLimit(clienttest.RateLimit{Max: 2000, Interval: time.Second, Daily: 1_000_000_000}))
	transport := &http.Transport{MaxIdleConnsPerHost: soakWorkers}
	c := fake.Client(
		client.WithHTTPClient(&http.Client{Transport: transport, Timeout: time.Second}),
		client.WithRetry(client.RetryPolicy{MaxAttempts: 3, MinDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}),
		client.WithMaxResponseBytes(4<<20),
	)
	var permanent []string
	for range soakPermanent {
		permanent = append(permanent, fake.Seed(client.Contact{FirstName: "Permanent"})[0].ID)
	}
	fake.InjectFaults(soakFaults(seed)...)

	ctx := t.Context()
	if *soakDuration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *soakDuration)
		defer cancel()
	}
	var group sync.WaitGroup
	workers := make([]*soakWorker, soakWorkers)
	for number := range workers {
		workers[number] = &soakWorker{
			number: number, random: rand.New(rand.NewPCG(seed, uint64(number))), contacts: c.Contacts, permanent: permanent,
		}
		group.Go(func() { workers[number].run(ctx, t) })
	}
	group.Wait()

	stored := map[string][]string{}
	for _, contact := range fake.Contacts() {
		stored[contact.Email] = append(stored[contact.Email], contact.City)
	}
	calls := 0
	for _, worker := range workers {
		calls += worker.calls
		for _, own := range worker.own {
			if found := append(stored[own.email], absent)[0]; len(stored[own.email]) > 1 || !slices.Contains(own.cities, found) {
				t.Errorf("%+v: found %q", own, stored[own.email])
			}
		}
	}
	t.Logf("%d calls, %d requests", calls, len(fake.Requests()))

	transport.CloseIdleConnections()
	fake.Close()
	goleak.VerifyNone(t, before)
}

// soakFaults returns the faults. Each kind occurs randomly, with random numbers of its own.
func soakFaults(seed uint64) []clienttest.Fault {
	page := clienttest.HTMLHeader()
	faults := []clienttest.Fault{
		{Rate: 0.02, Connection: clienttest.ConnectionResetBeforeApply},
		{Rate: 0.02, Connection: clienttest.ConnectionResetAfterApply},
		{Rate: 0.02, Connection: clienttest.ConnectionClosedInBody},
		{Rate: 0.002, Connection: clienttest.ConnectionEndlessBody},
		{Rate: 0.02, Status: 500, Body: `{"statusCode":500,"message":"Internal server error"}`},
		{Rate: 0.02, Status: 502, Body: clienttest.GatewayPage, Header: page},
		{Rate: 0.01, Status: 503, Body: clienttest.GatewayPage, Header: page, Apply: true},
		{Rate: 0.01, Status: 524, Apply: true},
		{Rate: 0.005, Status: 200, Body: "<html>maintenance</html>", Header: page},
		{Rate: 0.002, Status: 429, Body: "slow down", Header: http.Header{
			"X-Ratelimit-Max": {"2000"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Interval-Milliseconds": {"50"},
		}},
		{Rate: 0.01, Status: 422, Body: `{"message":["no"],"error":"Unprocessable Entity","statusCode":422}`},
		{Rate: 0.02, Set: map[string]any{"/contact/dateUpdated": "", "/contacts/*/lastActivity": true, "/contacts/0/tags": "odd"}},
		{Rate: 0.05, Delay: 5 * time.Millisecond},
	}
	for i := range faults {
		faults[i].Seed = seed + uint64(i)
	}
	return faults
}

// soakWorker makes calls on contacts of its own.
type soakWorker struct {
	number    int
	random    *rand.Rand
	contacts  *client.ContactsService
	permanent []string // IDs
	own       []*fate
	calls     int
}

func (w *soakWorker) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil && (*soakDuration > 0 || w.calls < 20) {
		w.calls++
		choice, city, own := w.random.IntN(100), fmt.Sprintf("City%d", w.calls), w.pick()
		switch {
		case choice < 25 || own == nil:
			w.create(ctx)
		case choice < 50:
			_, err := w.contacts.Update(ctx, own.id, client.UpdateContactRequest{City: client.Set(city)})
			own.record(err, city)
		case choice < 60:
			_, err := w.contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(own.email), City: client.Set(city)})
			own.record(err, city)
		case choice < 70:
			own.record(w.contacts.Delete(ctx, own.id), absent)
		case choice < 90:
			contact, err := w.contacts.Get(ctx, own.id)
			if errors.Is(err, client.ErrNotFound) || (err == nil && !slices.Contains(own.cities, contact.City)) {
				t.Errorf("%s, which was created and not deleted: got %+v, %v, want a city of %q", own.id, contact, err, own.cities)
			}
		case choice < 98:
			_, _ = w.contacts.List(ctx, client.ListRequest{Limit: 1 + w.random.IntN(100), Query: own.email})
		default:
			w.iterate(ctx, t)
		}
	}
}

func (w *soakWorker) create(ctx context.Context) {
	created := &fate{email: fmt.Sprintf("worker%dno%d@soak.example", w.number, w.calls), cities: []string{absent}}
	contact, err := w.contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Secretive", Email: created.email, City: "Oslo", Phone: fmt.Sprintf("+1202555%04d", w.random.IntN(10_000)),
	})
	if created.record(err, "Oslo"); err == nil {
		created.id = contact.ID
	}
	w.own = append(w.own, created)
}

// pick returns one of the worker's contacts that certainly exist, or nil if it finds none.
func (w *soakWorker) pick() *fate {
	for range min(10, len(w.own)) {
		if own := w.own[w.random.IntN(len(w.own))]; !slices.Contains(own.cities, absent) {
			return own
		}
	}
	return nil
}

// iterate iterates over all contacts. An iteration that ends without an error has returned each
// permanent contact exactly once.
func (w *soakWorker) iterate(ctx context.Context, t *testing.T) {
	received := map[string]int{}
	for contact, err := range w.contacts.All(ctx, client.ListRequest{Limit: 50 + w.random.IntN(51)}) {
		if err != nil {
			return
		}
		received[contact.ID]++
	}
	for _, id := range w.permanent {
		if received[id] != 1 {
			t.Errorf("an iteration returned %s %d times, want once", id, received[id])
		}
	}
}

// absent is in place of the city of a contact that does not exist.
const absent = "absent"

// fate is the state of a contact according to the calls of its worker.
type fate struct {
	id, email string
	cities    []string // possible values of the city
}

// record records the result of a call that sets the city.
func (f *fate) record(err error, city string) {
	switch {
	case err == nil:
		f.cities = []string{city}
	case errors.Is(err, client.ErrMaybeApplied):
		f.cities = append(f.cities, city)
	}
}
