package client_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/clienttest"
)

var (
	soakDuration = flag.Duration("soak.duration", 2*time.Second, "how long TestSoak runs")
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
	t.Logf("soak for %v: reproduce its decisions with -soak.seed=%d", *soakDuration, seed)
	before := goleak.IgnoreCurrent()
	descriptors := openDescriptors(t)

	fake := clienttest.NewServer(t, clienttest.WithSeed(seed), clienttest.WithDefaultToken(soakToken),
		clienttest.WithLocationSettings(clienttest.Location{AllowDuplicates: true}), // so that a create that is applied twice is visible
		clienttest.WithRateLimit(clienttest.RateLimit{Max: 2000, Interval: time.Second, Daily: 1_000_000_000}))
	transport := &http.Transport{MaxIdleConnsPerHost: soakWorkers}
	var records lockedBuffer
	c := fake.Client(
		client.WithHTTPClient(&http.Client{Transport: transport, Timeout: 2 * time.Second}),
		client.WithRetry(client.RetryPolicy{MaxAttempts: 3, MinDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}),
		client.WithMaxResponseBytes(4<<20),
		client.WithLogger(slog.New(slog.NewJSONHandler(&records, &slog.HandlerOptions{Level: slog.LevelDebug}))),
	)
	oracle := &oracle{permanent: map[string]bool{}}
	for _, contact := range fake.Seed(soakCrowd()...) {
		oracle.permanent[contact.ID] = true
	}
	fake.InjectFaults(soakFaults(seed)...)

	ctx, cancel := context.WithTimeout(t.Context(), *soakDuration)
	defer cancel()
	var group sync.WaitGroup
	workers := make([]*soakWorker, soakWorkers)
	for number := range workers {
		workers[number] = &soakWorker{
			number: number, random: rand.New(rand.NewPCG(seed, uint64(number))), contacts: c.Contacts, oracle: oracle,
		}
		group.Go(func() { workers[number].run(ctx, t) })
	}
	group.Wait()

	oracle.check(t, fake.Contacts())
	calls := 0
	for _, worker := range workers {
		calls += worker.calls
	}
	t.Logf("%d calls, %d requests, %d contacts created, %d walks", calls, len(fake.Requests()), len(oracle.created), oracle.walks)
	checkRecords(t, records.String(), workers)

	transport.CloseIdleConnections()
	fake.Close()
	goleak.VerifyNone(t, before)
	if after := openDescriptors(t); after > descriptors {
		t.Errorf("%d descriptors were open before, %d are after", descriptors, after)
	}
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

func soakCrowd() []client.Contact {
	crowd := make([]client.Contact, soakPermanent)
	for i := range crowd {
		crowd[i] = client.Contact{
			FirstName: "Permanent", LastName: fmt.Sprintf("Resident%d", i), Email: fmt.Sprintf("resident%d@soak.example", i),
		}
	}
	return crowd
}

// soakWorker makes calls on contacts of its own.
type soakWorker struct {
	number   int
	random   *rand.Rand
	contacts *client.ContactsService
	oracle   *oracle
	own      []*fate
	calls    int
}

func (w *soakWorker) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		w.calls++
		switch dice := w.random.IntN(100); {
		case dice < 25 || len(w.own) == 0:
			w.create(ctx)
		case dice < 50:
			w.update(ctx)
		case dice < 60:
			w.upsert(ctx)
		case dice < 70:
			w.delete(ctx)
		case dice < 90:
			w.get(ctx, t)
		case dice < 98:
			_, _ = w.contacts.List(ctx, client.ListRequest{Limit: 1 + w.random.IntN(100), Query: w.email(0)})
		default:
			w.walk(ctx, t)
		}
	}
}

func (w *soakWorker) email(number int) string {
	return fmt.Sprintf("worker%dno%d@soak.example", w.number, number)
}

func (w *soakWorker) create(ctx context.Context) {
	fate := &fate{email: w.email(w.calls), cities: []string{"Oslo"}}
	contact, err := w.contacts.Create(ctx, client.CreateContactRequest{
		FirstName: "Secretive", LastName: fmt.Sprintf("Person%dx%d", w.number, w.calls), Email: fate.email, City: "Oslo",
		Phone: fmt.Sprintf("+1202555%04d", w.random.IntN(10_000)),
	})
	fate.settle(err, true)
	if err == nil {
		fate.id = contact.ID
		w.own = append(w.own, fate)
	}
	w.oracle.add(fate)
}

// pick returns one of the worker's contacts that certainly exist, or nil if no contact does.
func (w *soakWorker) pick() *fate {
	for range 10 {
		if fate := w.own[w.random.IntN(len(w.own))]; fate.there == certain {
			return fate
		}
	}
	return nil
}

func (w *soakWorker) update(ctx context.Context) {
	fate := w.pick()
	if fate == nil {
		return
	}
	city := fmt.Sprintf("City%d", w.calls)
	_, err := w.contacts.Update(ctx, fate.id, client.UpdateContactRequest{City: client.Set(city)})
	fate.moved(err, city)
}

func (w *soakWorker) upsert(ctx context.Context) {
	fate := w.pick()
	if fate == nil {
		return
	}
	city := fmt.Sprintf("Upcity%d", w.calls)
	_, err := w.contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(fate.email), City: client.Set(city)})
	fate.moved(err, city)
}

func (w *soakWorker) delete(ctx context.Context) {
	if fate := w.pick(); fate != nil {
		fate.settle(w.contacts.Delete(ctx, fate.id), false)
	}
}

func (w *soakWorker) get(ctx context.Context, t *testing.T) {
	fate := w.pick()
	if fate == nil {
		return
	}
	contact, err := w.contacts.Get(ctx, fate.id)
	if errors.Is(err, client.ErrNotFound) {
		t.Errorf("%s is not found, although it was created and not deleted", fate.id)
	}
	if err == nil && !fate.mayBeIn(contact.City) {
		t.Errorf("%s is in %q, want one of %q", fate.id, contact.City, fate.cities)
	}
}

// walk iterates over all contacts. An iteration that ends without an error has returned each
// permanent contact exactly once.
func (w *soakWorker) walk(ctx context.Context, t *testing.T) {
	met := map[string]int{}
	for contact, err := range w.contacts.All(ctx, client.ListRequest{Limit: 50 + w.random.IntN(51)}) {
		if err != nil {
			return
		}
		met[contact.ID]++
	}
	for id := range w.oracle.permanent {
		if met[id] != 1 {
			t.Errorf("a walk met %s %d times, want once", id, met[id])
		}
	}
	w.oracle.walked()
}

// certainty is the knowledge whether a contact exists.
type certainty int

const (
	absent certainty = iota
	unsure
	certain
)

// fate is the state of a contact according to the calls of its worker.
type fate struct {
	id     string
	email  string
	there  certainty
	cities []string // possible values of the city
}

// settle records the result of a call that creates or deletes the contact.
func (f *fate) settle(err error, there bool) {
	switch {
	case err != nil && errors.Is(err, client.ErrMaybeApplied):
		f.there = unsure
	case err != nil:
	case there:
		f.there = certain
	default:
		f.there = absent
	}
}

// moved records the result of a call that sets the city.
func (f *fate) moved(err error, city string) {
	switch {
	case err == nil:
		f.cities = []string{city}
	case errors.Is(err, client.ErrMaybeApplied):
		f.cities = append(f.cities, city)
	}
}

func (f *fate) mayBeIn(city string) bool {
	return slices.Contains(f.cities, city)
}

// oracle checks the state of the fake at the end.
type oracle struct {
	permanent map[string]bool

	mu      sync.Mutex
	created []*fate
	walks   int
}

func (o *oracle) add(fate *fate) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.created = append(o.created, fate)
}

func (o *oracle) walked() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.walks++
}

func (o *oracle) check(t *testing.T, stored []client.Contact) {
	t.Helper()
	byEmail := map[string][]client.Contact{}
	for _, contact := range stored {
		byEmail[contact.Email] = append(byEmail[contact.Email], contact)
	}
	for _, fate := range o.created {
		found := byEmail[fate.email]
		switch {
		case len(found) > 1:
			t.Errorf("%s is there %d times", fate.email, len(found))
		case len(found) == 0 && fate.there == certain:
			t.Errorf("%s was created and not deleted, and is not there", fate.email)
		case len(found) == 1 && fate.there == absent:
			t.Errorf("%s was not created, or deleted, and is there", fate.email)
		case len(found) == 1 && !fate.mayBeIn(found[0].City):
			t.Errorf("%s is in %q, want one of %q", fate.email, found[0].City, fate.cities)
		}
	}
}

// checkRecords searches the log for secrets and personal data.
func checkRecords(t *testing.T, records string, workers []*soakWorker) {
	t.Helper()
	if strings.Count(records, `"operation":"Contacts.Create"`) == 0 || strings.Count(records, "call failed") == 0 {
		t.Error("the log does not record creates, or of failures")
	}
	secrets := []string{soakToken, "@soak.example", "Secretive", "Permanent", "Resident", "+1202555", "1202555", "query=", "startAfter", "Oslo", "City"}
	for _, worker := range workers {
		secrets = append(secrets, fmt.Sprintf("Person%dx", worker.number), fmt.Sprintf("worker%dno", worker.number))
	}
	for _, secret := range secrets {
		if at := strings.Index(records, secret); at >= 0 {
			t.Errorf("the log holds %q: …%s…", secret, records[max(0, at-200):min(len(records), at+100)])
		}
	}
}

// lockedBuffer is a buffer for concurrent writers.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// openDescriptors returns the number of open files of the process, or 0 if the system does not
// report it.
func openDescriptors(t *testing.T) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
