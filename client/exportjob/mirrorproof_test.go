//go:build unix

package exportjob

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/internal/ctxtime"
)

// Three worker processes keep a mirror of all locations in step, while contacts are created, changed
// and deleted, processes are killed, and one is frozen in a COPY of its Sink. In the end, the mirror
// equals the API, each run has stored what it counted, and few requests were repeated.
func TestProof_MirrorEqualsAPI(t *testing.T) {
	if os.Getenv("PROVE") != "full" {
		t.Skip("this takes minutes of real time: run it with PROVE=full")
	}
	for _, pageSize := range []int{100, maxPageSize} {
		t.Run(fmt.Sprint("pages of ", pageSize), func(t *testing.T) { proveMirror(t, pageSize) })
	}
}

func proveMirror(t *testing.T, pageSize int) {
	t.Helper()
	p := proof{
		workerConfig: workerConfig{Slice: 5 * time.Second, Page: 7 * time.Second, PageSize: pageSize, Jobs: 2, Mirror: true, Slow: true},
		locations:    30, contacts: 950, kills: 6, delay: 100 * time.Millisecond,
	}
	p.setUp(t)
	createMirror(t, p.db)
	workers := p.startAll(t, 3)
	end := p.changeContacts(t)
	frozen := p.freeze(t, workers)
	p.killSome(t, workers[1:])
	p.thaw(t, frozen)
	for run := range 8 {
		_ = ctxtime.Sleep(t.Context(), 4*time.Second) // the processes work in real time
		p.enqueueChanges(t, fmt.Sprint("changes ", run))
		i := 1 + rand.IntN(2)
		workers[i].kill()
		workers[i] = p.start(t)
	}
	changes := end()
	p.awaitJobs(t)
	p.enqueueChanges(t, "the last changes")
	p.awaitJobs(t)
	p.enqueue(t, "the last full run", func(Export) time.Time { return time.Time{} })
	p.awaitJobs(t)
	checkMirror(t, p.db, p.api)
	if rows, counted := query[int](t, p.db, `SELECT count(*) FROM exported WHERE run IS NOT NULL`), query[int](t, p.db, `SELECT sum(contacts) FROM highlevel_exports`); rows != counted {
		t.Errorf("got %d contacts in the Sink, want the %d of the exports", rows, counted)
	}
	p.checkRequests(t, changes)
}

// changeContacts creates, changes and deletes contacts of all locations until end is called, which
// returns the number of changes.
func (p *proof) changeContacts(t *testing.T) (end func() int) {
	t.Helper()
	clients := map[string]*client.Client{}
	for i := range p.locations {
		id := locationID(i)
		c, err := p.client(id, client.WithPacer(client.Unpaced{}), client.WithUserAgent("changes"))
		if err != nil {
			t.Fatal(err)
		}
		clients[id] = c
	}
	contacts, changes := p.api.Contacts(), 0
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() {
		for ; ctx.Err() == nil; changes++ {
			i := rand.IntN(len(contacts))
			contact := contacts[i]
			c := clients[contact.LocationID]
			var created *client.Contact
			var err error
			switch rand.IntN(5) {
			case 0:
				created, err = c.Contacts.Create(t.Context(), client.CreateContactRequest{FirstName: "New", LastName: strconv.Itoa(changes)})
			case 1:
				contacts = slices.Delete(contacts, i, i+1)
				err = c.Contacts.Delete(t.Context(), contact.ID)
			default:
				_, err = c.Contacts.Update(t.Context(), contact.ID, client.UpdateContactRequest{City: client.Set(fmt.Sprint("City ", changes))})
			}
			if err != nil {
				t.Error(err)
			}
			if created != nil {
				contacts = append(contacts, *created)
			}
			_ = ctxtime.Sleep(ctx, 20*time.Millisecond)
		}
	})
	return func() int {
		cancel()
		group.Wait()
		return changes
	}
}

// enqueue inserts a job for each location that has no unfinished one.
func (p *proof) enqueue(t *testing.T, run string, since func(Export) time.Time) {
	t.Helper()
	exports, err := Exports(t.Context(), p.db)
	if err != nil {
		t.Fatal(err)
	}
	var jobs []Args
	for _, e := range exports {
		jobs = append(jobs, Args{LocationID: e.LocationID, Run: run, Since: since(e)})
	}
	if _, err := Enqueue(t.Context(), p.inserter, jobs...); err != nil {
		t.Fatal(err)
	}
}

func (p *proof) enqueueChanges(t *testing.T, run string) {
	t.Helper()
	p.enqueue(t, run, func(e Export) time.Time { return e.Through })
}

func (p *proof) awaitJobs(t *testing.T) {
	t.Helper()
	await(t, 4*time.Minute, "all jobs are completed", func() bool {
		return query[int](t, p.db, `SELECT count(*) FROM river_job WHERE state <> 'completed'`) == 0
	})
}

// checkRequests compares the number of requests with the least: the pages of each run, one request
// before those of a full run of several pages, and one for each contact that was checked.
func (p *proof) checkRequests(t *testing.T, changes int) {
	t.Helper()
	requests, checked := 0, map[string]bool{}
	for _, request := range p.api.Requests() {
		if strings.HasPrefix(request.Header.Get("User-Agent"), "changes") {
			continue
		}
		requests++
		if request.Operation == "getContact" {
			checked[request.Path] = true
		}
	}
	least := len(checked) + query[int](t, p.db, `SELECT sum(greatest(1, ceil(contacts / $1::float8))
		+ CASE WHEN updated_since IS NULL AND contacts >= $1 THEN 1 ELSE 0 END)::int FROM highlevel_exports`, p.PageSize)
	t.Logf("%d changes, %d exports, %d contacts checked, %d requests, at least %d",
		changes, query[int](t, p.db, `SELECT count(*) FROM highlevel_exports`), len(checked), requests, least)
	if requests > least*12/10 {
		t.Errorf("got %d requests, want at most 1.2 times %d", requests, least)
	}
}
